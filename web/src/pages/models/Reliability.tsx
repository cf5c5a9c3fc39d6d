import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { useFigures } from '../../api/models'
import { Choice } from '../../components/Field'
import type { Bin, Card } from '../../lib/card'
import { percent } from '../../lib/numbers'
import { Diagram } from './Diagram'
import { nameOf } from './names'
import css from './Reliability.module.css'
import { Folded } from './Section'
import { Table } from './Table'

const LEAST = 50 // pictures; fewer make no diagram

/** Whether the stated chances hold: for each question, each scheme, and the whole gallery. */
export function Reliability({ model, card }: { model: Schemas['ModelEntry']; card: Card }) {
  const { t } = useTranslation('models')
  const figures = useFigures().data
  const [chosen, setChosen] = useState('')
  const records = card.records.filter(
    ({ accuracy, bins }) => accuracy.n >= LEAST && bins.length > 1,
  )
  const options = [
    ...records.map((record) => ({
      id: record.id,
      name: nameOf(model, record.id, t('kind.title')),
      bins: record.bins,
      record,
    })),
    ...(figures && figures.reliability.length > 0
      ? [
          {
            id: 'gallery',
            name: t('reliability.gallery'),
            bins: figures.reliability,
            record: undefined,
          },
        ]
      : []),
  ]
  const shown = options.find(({ id }) => id === chosen) ?? options[0]
  if (!shown) return null
  const { name, bins, record } = shown
  return (
    <Folded id="reliability" title={t('reliability.title')} text={t('reliability.text')}>
      <div className={css.choice}>
        <Choice
          label={t('reliability.which')}
          value={shown.id}
          onChange={(event) => setChosen(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.id} value={option.id}>
              {option.name}
            </option>
          ))}
        </Choice>
      </div>
      <div className={css.two}>
        <Diagram name={name} bins={bins} />
        <div className={css.beside}>
          {record && (
            <p>
              {t('reliability.error', {
                error: tenths(record.error),
                floor: tenths(record.floor),
              })}
            </p>
          )}
          {card.intervals !== undefined && (
            <p>{t('reliability.intervals', { share: percent(card.intervals) })}</p>
          )}
          <Numbers name={name} bins={bins} />
        </div>
      </div>
    </Folded>
  )
}

/** Errors of calibration are a few per cent, so that the digit behind the point tells. */
function tenths(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function Numbers({ name, bins }: { name: string; bins: readonly Bin[] }) {
  const { t } = useTranslation('models')
  return (
    <details>
      <summary className={css.summary}>{t('reliability.table')}</summary>
      <Table label={`${t('reliability.title')} ${name}`}>
        <thead>
          <tr>
            <th scope="col">{t('reliability.stated')}</th>
            <th scope="col">{t('reliability.right')}</th>
            <th scope="col">{t('reliability.count')}</th>
          </tr>
        </thead>
        <tbody>
          {bins.map(({ confidence, right, count }) => (
            <tr key={confidence}>
              <td>{percent(confidence)}</td>
              <td>{percent(right)}</td>
              <td>{count}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </details>
  )
}
