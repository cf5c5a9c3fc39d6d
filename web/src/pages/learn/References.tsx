import { useTranslation } from 'react-i18next'
import type { GuidePage } from '../../api/guide'
import css from './References.module.css'

/** Where the facts come from. */
export function References({ references }: { references: GuidePage['references'] }) {
  const { t } = useTranslation('learn')
  if (references.length === 0) return null
  return (
    <section>
      <h2>{t('page.references')}</h2>
      <ul className={css.references}>
        {references.map(({ text, url }) => (
          <li key={url}>
            <a href={url} rel="noopener noreferrer">
              {text}
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
