import css from './Chance.module.css'
import { percent } from '../lib/numbers'

/** A chance in words and as a number, always both: "very likely, 93 %". */
export function Chance({ words, value }: { words: string; value: number }) {
  return (
    <span className={css.chance}>
      <strong>{words}</strong> <span className={css.number}>{percent(value)}</span>
    </span>
  )
}

/** A share as a bar, with its number beside it. `low` and `high` draw the interval as a soft edge. */
export function Meter({
  label,
  value,
  low,
  high,
}: {
  label: string
  value: number
  low?: number
  high?: number
}) {
  return (
    <span className={css.meter}>
      <span className={css.track} aria-hidden="true">
        {low !== undefined && high !== undefined && (
          <span
            className={css.soft}
            style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }}
          />
        )}
        <span className={css.bar} style={{ width: `${value * 100}%` }} />
      </span>
      <span className={css.label}>{label}</span>
      <span className={css.number}>{percent(value)}</span>
    </span>
  )
}
