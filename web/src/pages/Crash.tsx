import { useTranslation } from 'react-i18next'
import { Button } from '../components/Button'
import { Page } from '../components/Page'

/** A fault in the page's own code; in the place of the whole site. */
export function Crash() {
  const { t } = useTranslation()
  return (
    <Page title={t('error.title')} lead={t('error.crash')}>
      <p>{t('error.crashRemedy')}</p>
      <p>
        <Button kind="strong" onClick={() => location.reload()}>
          {t('retry')}
        </Button>
      </p>
    </Page>
  )
}

/** The page's own code did not come. */
export function Unreached({ retry }: { retry: () => void }) {
  const { t } = useTranslation()
  return (
    <Page title={t('error.title')} lead={t('error.offline')}>
      <p>{t('error.offlineRemedy')}</p>
      <p>
        <Button kind="strong" onClick={retry}>
          {t('retry')}
        </Button>
      </p>
    </Page>
  )
}
