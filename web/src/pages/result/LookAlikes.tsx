import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import css from './LookAlikes.module.css'

/** Galaxies like it, with what people said of them. */
export function LookAlikes({ galaxies }: { galaxies: readonly Schemas['LookAlike'][] }) {
  const { t } = useTranslation(['result', 'common'])
  return (
    <ul className={css.row}>
      {galaxies.map(({ id, picture, label, credit, licence }) => (
        <li key={id}>
          <img
            src={picture}
            alt={t('alike.alt', { label })}
            loading="lazy"
            width="160"
            height="160"
          />
          <p>{label}</p>
          <p className={css.credit}>{t('common:credit', { credit, licence })}</p>
        </li>
      ))}
    </ul>
  )
}
