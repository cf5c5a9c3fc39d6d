import type { ReactNode } from 'react'
import css from './Actions.module.css'

/** What can be done here, in a row that wraps. */
export function Actions({ children }: { children: ReactNode }) {
  return <div className={css.actions}>{children}</div>
}
