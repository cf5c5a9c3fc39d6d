import { useTranslation } from 'react-i18next'
import { sum } from '../../lib/shares'
import css from './Confusion.module.css'
import { Table } from './Table'

/** What is taken for what, as a table whose fields are brighter the more of their row they hold. */
export function Confusion({
  name,
  classes,
  counts,
}: {
  name: string
  classes: readonly string[]
  counts: readonly (readonly number[])[]
}) {
  const { t } = useTranslation('models')
  return (
    <Table label={`${t('classes.confusion')}: ${name}`}>
      <thead>
        <tr>
          <td className={css.corner} />
          <th scope="colgroup" colSpan={classes.length}>
            {t('classes.said')}
          </th>
        </tr>
        <tr>
          <th scope="col">{t('classes.truth')}</th>
          {classes.map((label, at) => (
            <th key={label} scope="col" className={css.number}>
              <span aria-hidden="true">{at + 1}</span>
              <span className="sr-only">{label}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {classes.map((label, row) => {
          const all = sum(counts[row] ?? [])
          return (
            <tr key={label}>
              <th scope="row" className={css.truth}>
                <span aria-hidden="true">{row + 1}</span> {label}
              </th>
              {classes.map((said, column) => {
                const count = counts[row]?.[column] ?? 0
                return (
                  <td
                    key={said}
                    className={css.field}
                    data-step={count > 0 ? step(count / all) : undefined}
                    data-right={row === column || undefined}
                    title={t('classes.cell', { truth: label, said, count })}
                  >
                    {count}
                  </td>
                )
              })}
            </tr>
          )
        })}
      </tbody>
    </Table>
  )
}

// The middle of the map is left out: neither dark nor light text can be read on it.
const STEPS = [0, 1, 2, 3, 6, 7, 8, 9]

function step(share: number): number {
  return STEPS[Math.min(STEPS.length - 1, Math.floor(share * STEPS.length))] ?? 0
}
