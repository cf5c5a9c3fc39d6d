import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import type { Schemas } from '../../api/client'
import { Empty } from '../../components/Empty'
import { More } from '../../components/More'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { Tabs } from '../../components/Tabs'
import { Item } from './Item'
import css from './Items.module.css'
import { type Show, useItems } from './live'

/** The pictures of a job; all of them, or those that could not be classified. */
export function Items({ job }: { job: Schemas['Job'] }) {
  const { t } = useTranslation('jobs')
  const [params] = useSearchParams()
  const show: Show = params.get('show') === 'failed' ? 'failed' : 'all'
  const { query, items, total } = useItems(job.id, show)
  return (
    <section className={css.items} aria-labelledby="items">
      <div className={css.head}>
        <h2 id="items">{t('items')}</h2>
        <Tabs
          label={t('show.label')}
          tabs={[
            { to: '?', text: t('show.all', { count: job.total }), here: show === 'all' },
            {
              to: '?show=failed',
              text: t('show.failed', { count: job.failed }),
              here: show === 'failed',
            },
          ]}
        />
      </div>
      {query.isPending && <Waiting />}
      {query.isError && <Problem error={query.error} retry={() => void query.refetch()} />}
      {show === 'failed' && total === 0 && (
        <Empty title={t('noneFailed')}>
          <p>{t('noneFailedText')}</p>
        </Empty>
      )}
      <ol className={css.list}>
        {items.map((item) => (
          <Item key={item.position} item={item} />
        ))}
      </ol>
      <More query={query} shown={items.length} total={total} />
    </section>
  )
}

function Waiting() {
  return (
    <div className={css.list} aria-hidden="true">
      {Array.from({ length: 6 }, (_, n) => (
        <Skeleton key={n} height="80px" />
      ))}
    </div>
  )
}
