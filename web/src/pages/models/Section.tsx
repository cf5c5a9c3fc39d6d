import { type ReactNode, useState } from 'react'
import { useLocation } from 'react-router'
import css from './Section.module.css'

interface Props {
  id: string
  title: string
  text?: ReactNode
  children: ReactNode
}

/** One part of the page, which has an address of its own. */
export function Section({ id, title, text, children }: Props) {
  return (
    <section id={id} className={css.section} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} tabIndex={-1}>
        {title}
      </h2>
      {text && <p className={css.text}>{text}</p>}
      {children}
    </section>
  )
}

/** A part that is for those who want to know more: folded until it is opened, or its address is. */
export function Folded({ id, title, text, children }: Props) {
  const { hash, key } = useLocation()
  const [open, setOpen] = useState(false)
  const [seen, setSeen] = useState('')
  if (hash === `#${id}` && seen !== key) {
    setSeen(key)
    setOpen(true)
  }
  return (
    <details
      id={id}
      className={css.folded}
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h2 id={`${id}-title`}>{title}</h2>
      </summary>
      {open && (
        <div className={css.section}>
          {text && <p className={css.text}>{text}</p>}
          {children}
        </div>
      )}
    </details>
  )
}
