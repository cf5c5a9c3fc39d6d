import type { GuideEntry } from '../../api/guide'
import { Sketch } from '../../components/Sketch'
import { sketchOfPage } from '../../lib/sketch'
import css from './Plate.module.css'

/** The picture of a page, or a drawing where there is none; nothing where neither is known. Its words stand beside it, so it has none of its own. */
export function Plate({ entry, small = false }: { entry: GuideEntry; small?: boolean }) {
  const marks = sketchOfPage(entry)
  if (!entry.picture && !marks) return null
  return (
    <span className={`${css.plate} ${small ? css.small : ''}`}>
      {entry.picture ? (
        <img src={entry.picture.url} alt="" loading="lazy" />
      ) : (
        marks && <Sketch marks={marks} />
      )}
    </span>
  )
}
