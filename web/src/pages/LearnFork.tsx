import { Trans, useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useGuide } from '../api/guide'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { Skeleton } from '../components/Skeleton'
import { nodesFor } from '../lib/fork'
import { recallLast } from '../lib/last'
import { ForkDrawing } from './learn/ForkDrawing'
import css from './LearnFork.module.css'

/** Hubble's tuning fork as a map: every type leads to its page. */
export default function LearnFork() {
  const { t } = useTranslation('learn')
  const guide = useGuide()
  const last = recallLast()
  const marked = last ? nodesFor(last) : []
  return (
    <Page title={t('fork.title')} lead={t('fork.lead')}>
      {last && <p className={css.last}>{t(marked.length > 0 ? 'fork.last' : 'fork.lastNone')}</p>}
      {guide.isError && <Problem error={guide.error} retry={() => void guide.refetch()} />}
      {guide.isPending && <Skeleton height="26rem" />}
      {guide.data && <ForkDrawing entries={guide.data.entries} marked={marked} />}
      <section className={css.reading} aria-labelledby="reading">
        <h2 id="reading">{t('fork.read')}</h2>
        <ul>
          {(['readE', 'readS', 'readSp', 'readIrr'] as const).map((key) => (
            <li key={key}>
              <Trans t={t} i18nKey={`fork.${key}`} components={[<strong key="0" />]} />
            </li>
          ))}
        </ul>
        <p>{t('fork.notAge')}</p>
        <p>
          <Link to="/learn">{t('page.toMap')}</Link>
        </p>
      </section>
    </Page>
  )
}
