import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { useComparison } from '../../api/models'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import css from './Comparison.module.css'
import { Folded } from './Section'

type Row = Schemas['ComparisonRow']

/** The five earlier systems and ours: a table on wide screens, a card a row on narrow ones. */
export function Comparison() {
  const { t } = useTranslation('models')
  const comparison = useComparison()
  return (
    <Folded id="comparison" title={t('comparison.title')} text={t('comparison.text')}>
      {comparison.isPending && <Skeleton height="24rem" />}
      {comparison.isError && (
        <Problem error={comparison.error} retry={() => void comparison.refetch()} />
      )}
      {comparison.data && (
        <table className={css.table}>
          <caption className="sr-only">{t('comparison.title')}</caption>
          <thead>
            <tr>
              {(['system', 'task', 'reported', 'reproduced', 'ours'] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`comparison.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {comparison.data.rows.map((row, at) => (
              <Line
                key={at}
                row={row}
                first={comparison.data.rows[at - 1]?.system !== row.system}
              />
            ))}
          </tbody>
        </table>
      )}
    </Folded>
  )
}

function Line({ row, first }: { row: Row; first: boolean }) {
  const { t } = useTranslation('models')
  return (
    <tr data-first={first || undefined}>
      <th scope="row">{row.system}</th>
      <td>
        <span>{row.task}</span>
        <span className={css.quiet}>
          {row.measure}. {row.note}
        </span>
      </td>
      {(['reported', 'reproduced', 'ours'] as const).map((column) => (
        <td key={column} data-label={t(`comparison.${column}`)}>
          <Figure text={row[column]} />
        </td>
      ))}
    </tr>
  )
}

/** A figure with what stands beside it on a line of its own. */
function Figure({ text }: { text: string }) {
  const { t } = useTranslation('models')
  if (!text) return <span className={css.quiet}>{t('comparison.empty')}</span>
  const [, number = text, rest = ''] = /^([\d.]+)\s*(.*)$/.exec(text) ?? []
  return (
    <span>
      <strong>{number}</strong> {rest && <span className={css.quiet}>{rest}</span>}
    </span>
  )
}
