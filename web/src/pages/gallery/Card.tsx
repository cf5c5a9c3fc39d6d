import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { Schemas } from '../../api/client'
import { percent } from '../../lib/numbers'
import { capital } from '../../lib/text'
import css from './Card.module.css'

/** One exhibit of the grid: its picture, its class, and whether the model agrees. */
export function Card({ exhibit }: { exhibit: Schemas['Exhibit'] }) {
  const { t } = useTranslation('gallery')
  const { right } = exhibit
  const state = right === null ? 'open' : right ? 'right' : 'wrong'
  return (
    <li className={css.card}>
      <Link to={`/gallery/${exhibit.id}`}>
        <img
          // The small picture is enough for a small screen; a dense one takes the large one.
          src={exhibit.thumbnail}
          srcSet={`${exhibit.thumbnail} 128w, ${exhibit.picture} 256w`}
          sizes="(min-width: 48rem) 12rem, 45vw"
          alt={exhibit.title}
          width="256"
          height="256"
          loading="lazy"
          decoding="async"
        />
        <strong>{capital(exhibit.truth?.name ?? exhibit.truth_text)}</strong>
      </Link>
      <p className={css[state]}>
        {t(`card.${state}`, { name: exhibit.predicted?.name ?? exhibit.sentence })}
        <span>{percent(exhibit.confidence)}</span>
      </p>
    </li>
  )
}
