import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { Actions } from '../components/Actions'
import { ButtonAnchor } from '../components/Button'
import { Gate } from '../components/Gate'
import { Page } from '../components/Page'
import { Tabs } from '../components/Tabs'
import css from './Review.module.css'
import { Queue } from './review/Queue'

const FORMATS = ['parquet', 'csv'] as const

/** For curators: what people and the model disagree on, and the catalogue that comes of it. */
export default function Review() {
  const { t } = useTranslation('review')
  const [params] = useSearchParams()
  const decided = params.get('show') === 'decided'
  return (
    <Gate title={t('title')} least="curator">
      {() => (
        <Page title={t('title')} lead={t('lead')}>
          <Tabs
            label={t('views')}
            tabs={[
              { to: '?', text: t('waiting'), here: !decided },
              { to: '?show=decided', text: t('decided'), here: decided },
            ]}
          />
          <Queue key={String(decided)} decided={decided} />
          <section className={css.catalogue} aria-labelledby="catalogue">
            <h2 id="catalogue">{t('catalogue')}</h2>
            <p>{t('catalogueText')}</p>
            <Actions>
              {FORMATS.map((format) => (
                <ButtonAnchor key={format} href={`/api/v1/catalogue?format=${format}`} download>
                  {t(`formats.${format}`)}
                </ButtonAnchor>
              ))}
            </Actions>
          </section>
        </Page>
      )}
    </Gate>
  )
}
