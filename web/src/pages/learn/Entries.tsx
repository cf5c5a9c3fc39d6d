import { Link } from 'react-router'
import type { GuideEntry } from '../../api/guide'
import css from './Entries.module.css'
import { Plate } from './Plate'

/** Pages as large pictures, for what one recognises by its looks; or as lines, for what one reads about. */
export function Entries({
  entries,
  as,
}: {
  entries: readonly GuideEntry[]
  as: 'pictures' | 'lines'
}) {
  return (
    <ul className={css[as]}>
      {entries.map((entry) => (
        <li key={entry.id}>
          <Link className={css.entry} to={`/learn/${entry.id}`}>
            <Plate entry={entry} small={as === 'lines'} />
            <span className={css.words}>
              <span className={css.title}>{entry.title}</span>
              <span className={css.summary}>{entry.summary}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
