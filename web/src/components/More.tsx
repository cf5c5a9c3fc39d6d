import { useTranslation } from 'react-i18next'
import { count } from '../lib/dates'
import { Button } from './Button'
import css from './More.module.css'

interface Props {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }
  shown: number
  total?: number | undefined
}

/** The way to the rest of a list that comes in pages; nothing at its end. */
export function More({ query, shown, total }: Props) {
  const { t } = useTranslation()
  if (!query.hasNextPage) return null
  return (
    <p className={css.more}>
      <Button disabled={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
        {t('list.more')}
      </Button>
      {total !== undefined && (
        <span>{t('list.shown', { shown: count(shown), total: count(total) })}</span>
      )}
    </p>
  )
}
