import { useTranslation } from 'react-i18next'
import { ButtonLink } from '../../components/Button'
import { Empty } from '../../components/Empty'
import { More } from '../../components/More'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import type { useResults } from './kept'
import { Result } from './Result'
import css from './Results.module.css'

/** The kept pictures as a grid. */
export function Results({ list }: { list: ReturnType<typeof useResults> }) {
  const { t } = useTranslation('history')
  const { query, items, total } = list
  if (query.isPending) return <Waiting />
  if (total === 0) {
    return (
      <Empty title={t('empty')}>
        <p>{t('emptyText')}</p>
        <ButtonLink kind="strong" to="/classify">
          {t('classify')}
        </ButtonLink>
      </Empty>
    )
  }
  return (
    <>
      <ul className={css.grid}>
        {items.map((result) => (
          <Result key={result.id} result={result} />
        ))}
      </ul>
      {query.isError && <Problem error={query.error} retry={() => void query.refetch()} />}
      <More query={query} shown={items.length} total={total} />
    </>
  )
}

function Waiting() {
  const { t } = useTranslation()
  return (
    <div className={css.grid} role="status">
      <span className="sr-only">{t('loading')}</span>
      {Array.from({ length: 6 }, (_, n) => (
        <Skeleton key={n} height="20rem" />
      ))}
    </div>
  )
}
