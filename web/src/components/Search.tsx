import { Field } from './Field'
import css from './Search.module.css'

/** A box to search in what is on the page already: every letter counts at once, and Enter sends nothing. */
export function Search({
  label,
  hint,
  typed,
  onType,
}: {
  label: string
  hint?: string
  typed: string
  onType: (typed: string) => void
}) {
  return (
    <form className={css.search} role="search" onSubmit={(event) => event.preventDefault()}>
      <Field
        type="search"
        label={label}
        hint={hint}
        value={typed}
        onChange={(event) => onType(event.target.value)}
      />
    </form>
  )
}
