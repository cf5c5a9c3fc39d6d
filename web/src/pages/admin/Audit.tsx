import { useTranslation } from 'react-i18next'
import { api, type Schemas, unwrap } from '../../api/client'
import { usePaged } from '../../api/paged'
import { More } from '../../components/More'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { moment } from '../../lib/dates'
import css from './Audit.module.css'

/** What was done, the newest first. */
export function Audit() {
  const { t } = useTranslation('admin')
  const { query, items } = usePaged(['admin', 'audit'], (cursor) =>
    unwrap(api.GET('/api/v1/admin/audit', { params: { query: cursor ? { cursor } : {} } })),
  )
  return (
    <section className={css.audit} aria-labelledby="audit">
      <h2 id="audit">{t('audit.title')}</h2>
      <p className={css.text}>{t('audit.text')}</p>
      {query.isPending && <Skeleton height="12rem" />}
      {query.isError && <Problem error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && <p>{t('audit.none')}</p>}
      {items.length > 0 && (
        // Wide tables are moved sideways, also with the keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={css.wide} tabIndex={0} role="group" aria-label={t('audit.title')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('audit.at')}</th>
                <th scope="col">{t('audit.action')}</th>
                <th scope="col">{t('audit.subject')}</th>
                <th scope="col">{t('audit.actor')}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((entry, at) => (
                <Entry key={`${entry.at} ${at}`} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More query={query} shown={items.length} />
    </section>
  )
}

function Entry({ entry }: { entry: Schemas['AuditEntry'] }) {
  const { t } = useTranslation('admin')
  const detail = Object.entries(entry.detail).map(([name, value]) => `${name}: ${String(value)}`)
  return (
    <tr>
      <td>{moment(entry.at)}</td>
      <td>
        <code>{entry.action}</code> {detail.join(', ')}
      </td>
      <td>
        <code>{entry.subject}</code>
      </td>
      <td>{entry.actor ? <code>{entry.actor}</code> : t('audit.server')}</td>
    </tr>
  )
}
