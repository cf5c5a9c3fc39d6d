import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '../../api/client'
import { usePaged } from '../../api/paged'
import { Button, ButtonLink } from '../../components/Button'
import { Empty } from '../../components/Empty'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { count } from '../../lib/dates'
import { Card } from './Card'
import { Filters } from './Filters'
import { useView, type View } from './state'
import css from './Whole.module.css'

/** All exhibits: filtered, sorted, page after page. What is chosen stands in the address. */
export function Whole() {
  const { t } = useTranslation('gallery')
  const { view, change, more } = useView()
  const { query, items, total, filters } = useExhibits(view)
  return (
    <section className={css.whole} aria-labelledby="whole">
      <header className={css.head}>
        <h2 id="whole">{t('whole.title')}</h2>
        <p role="status">
          {total !== undefined && t('whole.count', { count: total, formatted: count(total) })}
        </p>
      </header>
      <Filters view={view} filters={filters} change={change} />
      {query.isPending && <Waiting />}
      {total === 0 && (
        <Empty title={t('whole.none')}>
          <p>{t('whole.noneText')}</p>
          <Button onClick={() => change({ klass: '', survey: '', mistakes: false })}>
            {t('whole.clear')}
          </Button>
        </Empty>
      )}
      {items.length > 0 && (
        <ul className={css.grid} data-old={query.isPlaceholderData}>
          {items.map((exhibit) => (
            <Card key={exhibit.id} exhibit={exhibit} />
          ))}
        </ul>
      )}
      {query.isError && <Problem error={query.error} retry={() => void query.refetch()} />}
      {query.hasNextPage && (
        <p className={css.more}>
          <ButtonLink to={more} preventScrollReset replace>
            {t('whole.more')}
          </ButtonLink>
          <span>{t('whole.left', { shown: items.length, total })}</span>
        </p>
      )}
    </section>
  )
}

function useExhibits(view: View) {
  const { klass, survey, mistakes, order } = view
  const paged = usePaged(
    ['gallery', 'list', klass, survey, mistakes, order],
    (cursor) =>
      unwrap(
        api.GET('/api/v1/gallery', {
          params: {
            query: {
              order,
              mistakes,
              ...(klass && { classes: [klass] }),
              ...(survey && { surveys: [survey] }),
              ...(cursor && { cursor }),
            },
          },
        }),
      ),
    { staleTime: 300_000, keep: true },
  )
  const { query, pages } = paged
  const { hasNextPage, isFetching, isError, fetchNextPage } = query
  useEffect(() => {
    if (pages > 0 && pages < view.pages && hasNextPage && !isFetching && !isError) {
      void fetchNextPage()
    }
  }, [pages, view.pages, hasNextPage, isFetching, isError, fetchNextPage])
  return { ...paged, filters: query.data?.pages[0]?.filters }
}

function Waiting() {
  return (
    <ul className={css.grid} aria-hidden="true">
      {Array.from({ length: 12 }, (_, n) => (
        <li key={n}>
          <div className={css.square}>
            <Skeleton height="100%" />
          </div>
        </li>
      ))}
    </ul>
  )
}
