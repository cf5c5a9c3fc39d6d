import type { ReactNode } from 'react'
import css from './Empty.module.css'

/** Nothing is here yet: what would be, and how to begin. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={css.empty}>
      <h2>{title}</h2>
      {children}
    </div>
  )
}
