import { type ReactNode, useId } from 'react'
import css from './forms.module.css'

/** One thing about the account, with its heading beside it on wide screens. */
export function Part({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className={css.part} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div className={css.body}>{children}</div>
    </section>
  )
}
