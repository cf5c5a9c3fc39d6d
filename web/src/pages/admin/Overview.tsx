import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '../../api/client'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { count, moment } from '../../lib/dates'
import { bytes } from '../../lib/numbers'
import css from './Overview.module.css'

const COUNTS = ['users', 'results', 'votes', 'images'] as const
const WAITING = ['jobs_waiting', 'reviews_waiting'] as const
const REFRESH_MS = 15_000

/** The server in numbers, which follow it while one looks. */
export function Overview() {
  const { t } = useTranslation('admin')
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'overview'],
    queryFn: () => unwrap(api.GET('/api/v1/admin/overview')),
    refetchInterval: REFRESH_MS,
  })
  return (
    <section className={css.overview} aria-labelledby="overview">
      <h2 id="overview" className="sr-only">
        {t('overview')}
      </h2>
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton height="5rem" />}
      {data && (
        <>
          <dl>
            {COUNTS.map((name) => (
              <Number key={name} name={t(`numbers.${name}`)} value={count(data[name])} />
            ))}
            <Number name={t('numbers.image_bytes')} value={bytes(data.image_bytes)} />
            {WAITING.map((name) => (
              <Number key={name} name={t(`numbers.${name}`)} value={count(data[name])} />
            ))}
          </dl>
          <p>
            {t('running', {
              version: data.version,
              model: data.model,
              since: moment(data.started_at),
            })}
          </p>
        </>
      )}
    </section>
  )
}

function Number({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
