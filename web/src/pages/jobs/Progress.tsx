import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { count, day } from '../../lib/dates'
import css from './Progress.module.css'

/** How far a job is. */
export function Progress({ job }: { job: Schemas['Job'] }) {
  const { t } = useTranslation('jobs')
  const { status, done, failed, total, expires_at } = job
  const busy = status === 'queued' || status === 'running'
  const said = t('progress', { done: count(done), total: count(total) })
  return (
    <section className={css.progress} aria-label={t(`status.${status}`)}>
      <p className={css.head}>
        {/* Only the state is spoken: the numbers change too often. */}
        <strong role="status">{t(`status.${status}`)}</strong>
        <span>{said}</span>
      </p>
      <div
        className={css.track}
        role="progressbar"
        aria-label={t(`status.${status}`)}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
        aria-valuetext={said}
      >
        <span className={css.done} style={{ width: share(done - failed, total) }} />
        <span className={css.failed} style={{ width: share(failed, total) }} />
      </div>
      <p className={css.note}>
        {failed > 0 && <span className={css.bad}>{t('failed', { count: failed })}. </span>}
        {busy ? t('close') : t('by', { model: job.model })}{' '}
        {!busy && expires_at && t('until', { day: day(expires_at) })}
      </p>
    </section>
  )
}

const share = (part: number, total: number) => `${total > 0 ? (part / total) * 100 : 0}%`
