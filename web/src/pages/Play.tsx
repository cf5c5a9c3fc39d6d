import { useTranslation } from 'react-i18next'
import { useModels } from '../api/models'
import { ButtonLink } from '../components/Button'
import { Empty } from '../components/Empty'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import css from './Play.module.css'
import { Game, Waiting } from './play/Game'
import { Score } from './play/Score'

/** Classify galaxies oneself, against people and the model. */
export default function Play() {
  const { t } = useTranslation('play')
  const models = useModels()
  const tree = models.data?.models[0]?.tree
  return (
    <Page title={t('title')} bare>
      <header className={css.head}>
        <h1>{t('title')}</h1>
        <Score />
      </header>
      {models.isPending && <Waiting />}
      {models.isError && <Problem error={models.error} retry={() => void models.refetch()} />}
      {tree && <Game tree={tree} />}
      {tree === null && (
        <Empty title={t('noTree')}>
          <p>{t('noTreeText')}</p>
          <ButtonLink to="/gallery">{t('toGallery')}</ButtonLink>
        </Empty>
      )}
    </Page>
  )
}
