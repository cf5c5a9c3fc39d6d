import { useTranslation } from 'react-i18next'
import { ButtonLink } from '../components/Button'
import { Page } from '../components/Page'

/** No page has this address. */
export function NotFound() {
  const { t } = useTranslation()
  return (
    <Page title={t('notFound.title')} lead={t('notFound.text')}>
      <p>
        <ButtonLink kind="strong" to="/">
          {t('notFound.home')}
        </ButtonLink>
      </p>
    </Page>
  )
}
