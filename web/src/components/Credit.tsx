import { useTranslation } from 'react-i18next'
import css from './Credit.module.css'

/** Who took the picture, and what may be done with it. */
export function Credit({ credit, licence }: { credit: string; licence: string }) {
  const { t } = useTranslation()
  return <small className={css.credit}>{t('credit', { credit, licence })}</small>
}
