import { percent } from '../lib/numbers'
import css from './Bar.module.css'

/** A share as a bar between its name and its number, so that several of them can be compared at a glance. */
export function Bar({
  label,
  value,
  strong = false,
}: {
  label: string
  value: number
  strong?: boolean
}) {
  return (
    <p className={css.bar} data-strong={strong}>
      <span className={css.label}>{label}</span>
      <span className={css.track} aria-hidden="true">
        <span style={{ width: `${value * 100}%` }} />
      </span>
      <span className={css.number}>{percent(value)}</span>
    </p>
  )
}
