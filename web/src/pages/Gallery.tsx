import { useTranslation } from 'react-i18next'
import { Page } from '../components/Page'
import { One } from './gallery/One'
import { Whole } from './gallery/Whole'

/** A random held-out galaxy at a press, and the whole gallery below it. */
export default function Gallery() {
  const { t } = useTranslation('gallery')
  return (
    <Page title={t('title')} lead={t('lead')}>
      <One />
      <Whole />
    </Page>
  )
}
