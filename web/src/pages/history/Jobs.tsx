import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { ButtonLink } from '../../components/Button'
import { Empty } from '../../components/Empty'
import { More } from '../../components/More'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { count, moment } from '../../lib/dates'
import css from './Jobs.module.css'
import type { useJobs } from './kept'

/** The jobs, the newest first. */
export function Jobs({ list }: { list: ReturnType<typeof useJobs> }) {
  const { t } = useTranslation('history')
  const { query, items, total } = list
  if (query.isPending) return <Skeleton height="12rem" />
  if (total === 0) {
    return (
      <Empty title={t('emptyJobs')}>
        <p>{t('emptyJobsText')}</p>
        <ButtonLink kind="strong" to="/classify">
          {t('classify')}
        </ButtonLink>
      </Empty>
    )
  }
  return (
    <>
      <ul className={css.jobs}>
        {items.map((job) => (
          <li key={job.id}>
            <Link to={`/jobs/${job.id}`}>{job.title}</Link>
            <span>{t(`status.${job.status}`)}</span>
            <span>
              {t('progress', { done: count(job.done), total: count(job.total) })}
              {job.failed > 0 && <em> · {t('failed', { count: job.failed })}</em>}
            </span>
            <span>{moment(job.created_at)}</span>
          </li>
        ))}
      </ul>
      {query.isError && <Problem error={query.error} retry={() => void query.refetch()} />}
      <More query={query} shown={items.length} total={total} />
    </>
  )
}
