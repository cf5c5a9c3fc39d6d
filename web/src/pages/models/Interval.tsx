import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Estimate } from '../../lib/card'
import { percent } from '../../lib/numbers'
import css from './Interval.module.css'

/** A measured share as a bar, with its 95 % interval as a line across the bar's end. */
export function Interval({ label, estimate }: { label: ReactNode; estimate: Estimate }) {
  const { t } = useTranslation('models')
  const { value, low, high, n } = estimate
  return (
    <div className={css.row}>
      <span className={css.label}>{label}</span>
      <Track estimate={estimate} />
      <span className={css.number}>
        <strong>{percent(value)}</strong>{' '}
        <span>
          {t('scores.interval', { low: percent(low), high: percent(high) })},{' '}
          {t('scores.of', { count: n })}
        </span>
      </span>
    </div>
  )
}

/** A share without an interval. */
export function Share({ label, value }: { label: string; value: number }) {
  return (
    <div className={css.row}>
      <span className={css.label}>{label}</span>
      <span className={css.track} aria-hidden="true">
        <span className={css.bar} style={{ width: `${100 * value}%` }} />
      </span>
      <span className={css.number}>
        <strong>{percent(value)}</strong>
      </span>
    </div>
  )
}

/** The bar alone. Its numbers stand beside it. */
export function Track({ estimate: { value, low, high } }: { estimate: Estimate }) {
  return (
    <span className={css.track} aria-hidden="true">
      <span className={css.bar} style={{ width: `${100 * value}%` }} />
      <span
        className={css.line}
        style={{ left: `${100 * low}%`, width: `${100 * (high - low)}%` }}
      />
    </span>
  )
}
