import { type ReactNode, useState } from 'react'
import { Trans, useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { type GuideEntry, useGuide } from '../api/guide'
import { Empty } from '../components/Empty'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { Search } from '../components/Search'
import { Skeleton } from '../components/Skeleton'
import { FAMILIES, search } from '../lib/guide'
import { recallLast } from '../lib/last'
import { Doors } from './learn/Doors'
import { Entries } from './learn/Entries'
import css from './Learn.module.css'

/** The map of the guide: its families, a search, the two drawings as doors, and where the visitor's last picture belongs. */
export default function Learn() {
  const { t } = useTranslation('learn')
  const guide = useGuide()
  const [typed, setTyped] = useState('')
  return (
    <Page title={t('heading')} lead={t('lead')}>
      <Search label={t('search')} hint={t('searchHint')} typed={typed} onType={setTyped} />
      {guide.isError ? (
        <Problem error={guide.error} retry={() => void guide.refetch()} />
      ) : (
        <Found entries={guide.data?.entries} typed={typed}>
          <Jumps entries={guide.data?.entries} />
          <Last entries={guide.data?.entries ?? []} />
          <Doors />
          <Families entries={guide.data?.entries} />
          <p className={css.quiet}>{t('credits')}</p>
        </Found>
      )}
    </Page>
  )
}

/** What the search found; without a search, the whole map. */
function Found({
  entries,
  typed,
  children,
}: {
  entries: readonly GuideEntry[] | undefined
  typed: string
  children: ReactNode
}) {
  const { t } = useTranslation('learn')
  const searching = typed.trim() !== ''
  const found = searching && entries ? search(entries, typed) : []
  return (
    <>
      <p className={searching && found.length > 0 ? css.count : 'sr-only'} role="status">
        {searching && (found.length > 0 ? t('found', { count: found.length }) : t('foundNone'))}
      </p>
      {searching && found.length > 0 && <Entries entries={found} as="lines" />}
      {searching && entries && found.length === 0 && (
        <Empty title={t('foundNone')}>
          <p>
            <Trans t={t} i18nKey="foundNoneText">
              Try <Link to="/learn/glossary">glossary</Link>
            </Trans>
          </p>
        </Empty>
      )}
      {!searching && children}
    </>
  )
}

/** To the families, for a page that is long on a phone. */
function Jumps({ entries }: { entries: readonly GuideEntry[] | undefined }) {
  const { t } = useTranslation('learn')
  const families = FAMILIES.filter((family) => entries?.some((entry) => entry.family === family))
  return (
    <nav className={css.jumps} aria-label={t('page.contents')}>
      {families.map((family) => (
        <a key={family} href={`#family-${family}`}>
          {t(`families.${family}.title`)}
        </a>
      ))}
      <Link to="/learn/glossary">{t('doors.glossary.title')}</Link>
    </nav>
  )
}

function Last({ entries }: { entries: readonly GuideEntry[] }) {
  const { t } = useTranslation('learn')
  const last = recallLast()
  const entry = entries.find(({ id }) => id === last?.lesson)
  if (!entry) return null
  const { id, title } = entry
  return (
    <section className={css.last}>
      <h2>{t('last.title')}</h2>
      <p>
        <Trans t={t} i18nKey="last.text" values={{ title }}>
          It <Link to={`/learn/${id}`}>{title}</Link>
        </Trans>{' '}
        {t('last.onMaps')}
      </p>
    </section>
  )
}

function Families({ entries }: { entries: readonly GuideEntry[] | undefined }) {
  const { t } = useTranslation('learn')
  if (!entries) return <Waiting />
  return FAMILIES.map((family) => {
    const its = entries.filter((entry) => entry.family === family)
    if (its.length === 0) return null
    return (
      <section key={family} className={css.family} aria-labelledby={`family-${family}`}>
        <div>
          <h2 id={`family-${family}`}>{t(`families.${family}.title`)}</h2>
          <p className={css.quiet}>{t(`families.${family}.text`)}</p>
        </div>
        <Entries
          entries={its}
          as={family === 'class' || family === 'kind' ? 'pictures' : 'lines'}
        />
        {family === 'topic' && (
          <p>
            <Link to="/learn/glossary">{t('doors.glossary.title')}</Link>:{' '}
            {t('doors.glossary.text')}
          </p>
        )}
      </section>
    )
  })
}

function Waiting() {
  const { t } = useTranslation()
  return (
    <div className={css.waiting} role="status">
      <span className="sr-only">{t('loading')}</span>
      {Array.from({ length: 8 }, (_, at) => (
        <Skeleton key={at} height="16rem" />
      ))}
    </div>
  )
}
