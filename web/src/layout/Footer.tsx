import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import css from './Footer.module.css'

/** The promise about pictures, and where programs and credits are. */
export function Footer() {
  const { t } = useTranslation()
  return (
    <footer className={css.footer}>
      <div className={css.inner}>
        <p>{t('footer.promise')}</p>
        <p>
          {t('footer.source')} <Link to="/programs">{t('footer.api')}</Link>
        </p>
      </div>
    </footer>
  )
}
