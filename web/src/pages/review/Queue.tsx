import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '../../api/client'
import { usePaged } from '../../api/paged'
import { useKeys } from '../../components/Answers'
import { Button } from '../../components/Button'
import { Empty } from '../../components/Empty'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { count } from '../../lib/dates'
import { Case } from './Case'
import css from './Queue.module.css'

/** One picture after the other. */
export function Queue({ decided }: { decided: boolean }) {
  const { t } = useTranslation('review')
  const [at, setAt] = useState(0)
  const { query, items, total } = usePaged(['reviews', decided], (cursor) =>
    unwrap(
      api.GET('/api/v1/reviews', { params: { query: { decided, ...(cursor && { cursor }) } } }),
    ),
  )
  const item = items[at]
  const go = (to: number) => {
    // The next page is there before one gets to it.
    if (to >= items.length - 3 && query.hasNextPage && !query.isFetching) {
      void query.fetchNextPage()
    }
    setAt(Math.max(0, Math.min(to, items.length)))
  }
  useKeys((key) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
    if (step === undefined || !item) return false
    go(at + step)
    return true
  })
  if (query.isPending) return <Waiting />
  if (query.isError && !item) {
    return <Problem error={query.error} retry={() => void query.refetch()} />
  }
  if (!item) {
    return (
      <Empty title={t(decided ? 'emptyDecided' : 'empty')}>
        <p>{t(decided ? 'emptyDecidedText' : 'emptyText')}</p>
        {at > 0 && (
          <Button
            onClick={() => {
              setAt(0)
              void query.refetch()
            }}
          >
            {t('again')}
          </Button>
        )}
      </Empty>
    )
  }
  return (
    <div className={css.queue}>
      <nav className={css.turn} aria-label={t('turn')}>
        <Button disabled={at === 0} onClick={() => go(at - 1)}>
          {t('previous')}
        </Button>
        <p>{t('count', { number: count(at + 1), total: count(total ?? items.length) })}</p>
        <Button onClick={() => go(at + 1)}>{t('next')}</Button>
      </nav>
      <Case key={item.result.id} item={item} onDecided={() => go(at + 1)} />
    </div>
  )
}

function Waiting() {
  return (
    <div className={css.queue}>
      <Skeleton width="20rem" height="44px" />
      <Skeleton height="28rem" />
    </div>
  )
}
