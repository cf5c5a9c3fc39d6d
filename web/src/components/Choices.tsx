import css from './Choices.module.css'

/** One of a few, all in sight: a row of buttons of which one is pressed. */
export function Choices<T extends string>({
  label,
  options,
  chosen,
  onChoose,
}: {
  label: string
  options: readonly { id: T; text: string }[]
  chosen: T
  onChoose: (id: T) => void
}) {
  return (
    <div className={css.choices} role="group" aria-label={label}>
      {options.map(({ id, text }) => (
        <button key={id} type="button" aria-pressed={id === chosen} onClick={() => onChoose(id)}>
          {text}
        </button>
      ))}
    </div>
  )
}
