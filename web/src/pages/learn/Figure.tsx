import { useTranslation } from 'react-i18next'
import type { GuidePage } from '../../api/guide'
import { Credit } from '../../components/Credit'
import { Sketch } from '../../components/Sketch'
import { sketchOfPage } from '../../lib/sketch'
import css from './Figure.module.css'

/** The best picture of a page with its credit; a drawing where there is none. */
export function Figure({ page }: { page: GuidePage }) {
  const { t } = useTranslation('learn')
  const { picture } = page
  const marks = sketchOfPage(page)
  if (!picture && !marks) return null
  return (
    <figure className={css.figure}>
      {picture ? (
        <img src={picture.url} alt={picture.caption} />
      ) : (
        marks && <Sketch marks={marks} className={css.sketch} />
      )}
      <figcaption>
        {picture ? (
          <>
            {picture.caption} <Credit credit={picture.credit} licence={picture.licence} />
          </>
        ) : (
          t('page.drawn')
        )}
      </figcaption>
    </figure>
  )
}
