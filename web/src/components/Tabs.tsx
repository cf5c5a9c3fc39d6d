import { Link } from 'react-router'
import css from './Tabs.module.css'

interface Tab {
  to: string
  text: string
  here: boolean
}

/** A few views of the same page, each with its address. */
export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  return (
    <nav className={css.tabs} aria-label={label}>
      <ul>
        {tabs.map(({ to, text, here }) => (
          <li key={to}>
            <Link to={to} replace preventScrollReset aria-current={here ? 'true' : undefined}>
              {text}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
