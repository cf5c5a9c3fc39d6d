import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useGuide } from '../api/guide'
import { useModels } from '../api/models'
import { ButtonLink } from '../components/Button'
import { Choices } from '../components/Choices'
import { Empty } from '../components/Empty'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { Skeleton } from '../components/Skeleton'
import { recallLast } from '../lib/last'
import type { Tree } from '../lib/treemap'
import { useMedia } from '../lib/useMedia'
import { TreeDrawing } from './learn/TreeDrawing'
import { TreeList } from './learn/TreeList'
import css from './LearnTree.module.css'

/** The tree of questions as a map: every answer leads to the page that explains it. */
export default function LearnTree() {
  const { t } = useTranslation('learn')
  const models = useModels()
  const tree = models.data?.models[0]?.tree
  return (
    <Page title={t('tree.title')} lead={t('tree.lead')}>
      {models.isError && <Problem error={models.error} retry={() => void models.refetch()} />}
      {models.isPending && <Skeleton height="48rem" />}
      {models.data && !tree && (
        <Empty title={t('tree.none')}>
          <p>{t('tree.noneText')}</p>
          <ButtonLink to="/models">{t('tree.toModels')}</ButtonLink>
        </Empty>
      )}
      {tree && <Map tree={tree} />}
      <p>
        <Link to="/learn">{t('page.toMap')}</Link>
      </p>
    </Page>
  )
}

function Map({ tree }: { tree: Tree }) {
  const { t } = useTranslation('learn')
  const entries = useGuide().data?.entries ?? []
  const wide = useMedia('(min-width: 76rem)')
  const [asList, setAsList] = useState(false)
  const given = recallLast()?.answers ?? []
  const marked = tree.questions.some(({ answers }) => answers.some(({ id }) => given.includes(id)))
  const drawn = wide && !asList
  return (
    <>
      {wide && (
        <div className={css.view}>
          <Choices
            label={t('tree.view')}
            options={[
              { id: 'drawing', text: t('tree.drawing') },
              { id: 'list', text: t('tree.list') },
            ]}
            chosen={asList ? 'list' : 'drawing'}
            onChoose={(id) => setAsList(id === 'list')}
          />
          {drawn && <p className={css.hint}>{t('tree.hint')}</p>}
        </div>
      )}
      {marked && <p className={css.last}>{t(drawn ? 'tree.last' : 'tree.lastInList')}</p>}
      {drawn ? (
        <TreeDrawing tree={tree} entries={entries} given={given} />
      ) : (
        <TreeList tree={tree} entries={entries} given={given} />
      )}
    </>
  )
}
