import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'react-router'
import { type GlossaryTerm, type GuideEntry, useGlossary, useGuide } from '../api/guide'
import { Button } from '../components/Button'
import { Empty } from '../components/Empty'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { Prose } from '../components/Prose'
import { Search } from '../components/Search'
import { Skeleton } from '../components/Skeleton'
import { byLetter, fold } from '../lib/guide'
import css from './LearnGlossary.module.css'

/** The glossary: every term has an address of its own. */
export default function LearnGlossary() {
  const { t } = useTranslation('learn')
  const glossary = useGlossary()
  const [typed, setTyped] = useState('')
  return (
    <Page title={t('glossary.title')} lead={t('glossary.lead')}>
      <Search label={t('glossary.search')} typed={typed} onType={setTyped} />
      {glossary.isError && <Problem error={glossary.error} retry={() => void glossary.refetch()} />}
      {glossary.isPending && <Waiting />}
      {glossary.data && (
        <Terms terms={glossary.data.terms} typed={typed} onClear={() => setTyped('')} />
      )}
      <p>
        <Link to="/learn">{t('page.toMap')}</Link>
      </p>
    </Page>
  )
}

function Terms({
  terms,
  typed,
  onClear,
}: {
  terms: readonly GlossaryTerm[]
  typed: string
  onClear: () => void
}) {
  const { t } = useTranslation('learn')
  const entries = useGuide().data?.entries ?? []
  useArrivalAtTerm()
  const wanted = fold(typed.trim())
  const found = terms.filter(({ term }) => fold(term).includes(wanted))
  const groups = byLetter(found)
  return (
    <>
      <p className={wanted ? css.count : 'sr-only'} role="status">
        {wanted && t('glossary.found', { count: found.length })}
      </p>
      {found.length === 0 && (
        <Empty title={t('glossary.foundNone')}>
          <Button onClick={onClear}>{t('glossary.clear')}</Button>
        </Empty>
      )}
      {!wanted && (
        <nav className={css.letters} aria-label={t('glossary.jump')}>
          {groups.map(([letter]) => (
            <a key={letter} href={`#letter-${letter}`}>
              {letter}
            </a>
          ))}
        </nav>
      )}
      {groups.map(([letter, its]) => (
        <section key={letter} className={css.group} aria-labelledby={`letter-${letter}`}>
          <h2 id={`letter-${letter}`}>{letter}</h2>
          <dl>
            {its.map((term) => (
              <Term key={term.id} term={term} entries={entries} />
            ))}
          </dl>
        </section>
      ))}
    </>
  )
}

function Term({ term, entries }: { term: GlossaryTerm; entries: readonly GuideEntry[] }) {
  const { t } = useTranslation('learn')
  const { hash } = useLocation()
  const see = term.see.flatMap((id) => entries.filter((entry) => entry.id === id))
  return (
    <div className={css.term} id={term.id} data-here={hash === `#${term.id}` || undefined}>
      <dt>
        <a href={`#${term.id}`} title={t('glossary.link', { term: term.term })}>
          {term.term}
        </a>
      </dt>
      <dd>
        <Prose html={term.text_html} />
        {see.length > 0 && (
          <p className={css.see}>
            {t('glossary.see')}{' '}
            {see.map(({ id, title }, at) => (
              <span key={id}>
                {at > 0 && ', '}
                <Link to={`/learn/${id}`}>{title}</Link>
              </span>
            ))}
          </p>
        )}
      </dd>
    </div>
  )
}

/** The browser looks for an address's term before the terms are there; so this does it once more. */
function useArrivalAtTerm() {
  const { hash } = useLocation()
  useEffect(() => {
    if (hash) document.getElementById(decodeURIComponent(hash.slice(1)))?.scrollIntoView()
  }, [hash])
}

function Waiting() {
  const { t } = useTranslation()
  return (
    <div className={css.waiting} role="status">
      <span className="sr-only">{t('loading')}</span>
      {Array.from({ length: 8 }, (_, at) => (
        <Skeleton key={at} height="4rem" />
      ))}
    </div>
  )
}
