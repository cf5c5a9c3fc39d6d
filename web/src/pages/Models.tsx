import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'react-router'
import type { Schemas } from '../api/client'
import { useModels } from '../api/models'
import { Choices } from '../components/Choices'
import { Empty } from '../components/Empty'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { Skeleton } from '../components/Skeleton'
import { readCard } from '../lib/card'
import { Data, Steadiness, Strangers } from './models/Beyond'
import { Classes } from './models/Classes'
import { Comparison } from './models/Comparison'
import { Facts } from './models/Facts'
import { Mistakes } from './models/Mistakes'
import { Purpose } from './models/Purpose'
import { Reliability } from './models/Reliability'
import { Questions, Scores } from './models/Scores'
import css from './Models.module.css'

/** The model in plain words: what it is for, how good it is, what it learnt from, where it fails. */
export default function Models() {
  const { t } = useTranslation('models')
  const query = useModels()
  const [chosen, setChosen] = useState('')
  const models = query.data?.models ?? []
  const model = models.find(({ id }) => id === chosen) ?? models[0]
  return (
    <Page title={t('heading')} lead={t('lead')}>
      {query.isError && <Problem error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Waiting />}
      {models.length > 1 && (
        <Choices
          label={t('choose')}
          options={models.map(({ id }) => ({ id, text: id }))}
          chosen={model?.id ?? ''}
          onChoose={setChosen}
        />
      )}
      {model && <About key={model.id} model={model} />}
      {query.data && !model && (
        <Empty title={t('none')}>
          <p>{t('noneText')}</p>
        </Empty>
      )}
    </Page>
  )
}

function About({ model }: { model: Schemas['ModelEntry'] }) {
  const { t } = useTranslation('models')
  const card = useMemo(() => readCard(model.card), [model.card])
  useArrivalAtPart()
  const parts = [
    'purpose',
    ...(card.sources.length > 0 ? (['limits'] as const) : []),
    'mistakes',
    'scores',
    ...(card.records.length > 0 ? (['questions', 'classes', 'reliability'] as const) : []),
    ...(card.sources.length > 0 ? (['data'] as const) : []),
    'comparison',
  ] as const
  return (
    <>
      <Facts model={model} card={card} />
      <nav className={css.contents} aria-label={t('contents')}>
        {parts.map((part) => (
          <Link key={part} to={`#${part}`}>
            {t(`${part}.title`)}
          </Link>
        ))}
      </nav>
      <Purpose model={model} card={card} />
      <Mistakes />
      <Scores card={card} />
      <div>
        <Questions model={model} card={card} />
        <Classes model={model} card={card} />
        <Reliability model={model} card={card} />
        <Strangers card={card} />
        <Steadiness model={model} card={card} />
        <Data card={card} />
        <Comparison />
      </div>
    </>
  )
}

/** To the part that the address names: its heading gets the focus, so that keyboards and screen readers begin there. */
function useArrivalAtPart() {
  const { hash, key } = useLocation()
  useEffect(() => {
    const part = hash ? document.getElementById(decodeURIComponent(hash.slice(1))) : null
    part?.scrollIntoView()
    part?.querySelector<HTMLElement>('summary, h2')?.focus({ preventScroll: true })
  }, [hash, key])
}

function Waiting() {
  const { t } = useTranslation()
  return (
    <div className={css.waiting} role="status">
      <span className="sr-only">{t('loading')}</span>
      <Skeleton height="7rem" />
      <Skeleton height="14rem" />
      <Skeleton height="24rem" />
    </div>
  )
}
