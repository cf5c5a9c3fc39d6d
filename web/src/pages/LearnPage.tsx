import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'
import { ApiError } from '../api/client'
import { type GuidePage, useGlossary, useGuide, useGuidePage } from '../api/guide'
import { Actions } from '../components/Actions'
import { ButtonLink } from '../components/Button'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { Prose } from '../components/Prose'
import { withTerms } from '../lib/terms'
import { Confusions } from './learn/Confusions'
import { Figure } from './learn/Figure'
import { LessonSkeleton } from './learn/LessonSkeleton'
import { Members } from './learn/Members'
import { Onward } from './learn/Onward'
import { References } from './learn/References'
import { Term } from './learn/Term'
import css from './LearnPage.module.css'

/** One page of the guide. */
export default function LearnPage() {
  const { id = '' } = useParams()
  const page = useGuidePage(id)
  if (page.isPending) return <LessonSkeleton />
  if (page.isError) {
    return <Missing error={page.error} retry={() => void page.refetch()} />
  }
  return <Lesson page={page.data} />
}

function Lesson({ page }: { page: GuidePage }) {
  const entries = useGuide().data?.entries ?? []
  const [sees = '', formed = '', common = '', unknown = ''] = useTexts(page)
  const { headings } = page
  return (
    <Page title={page.title} bare>
      <article className={css.lesson}>
        <header className={css.head}>
          <h1>{page.title}</h1>
          <p className={css.summary}>{page.summary}</p>
        </header>
        <Figure page={page} />
        <div className={css.text}>
          <Part title={headings.sees} html={sees} />
          <Part title={headings.formed} html={formed} />
          <Part title={headings.common} html={common} />
          <Members members={page.members} />
          <Confusions confusions={page.confused_with} entries={entries} />
          <Part title={headings.unknown} html={unknown} open />
          <References references={page.references} />
        </div>
      </article>
      <Onward page={page} entries={entries} />
    </Page>
  )
}

/** The four texts, with the words of the glossary marked once on the page. */
function useTexts({ sees_html, formed_html, common_html, unknown_html }: GuidePage) {
  const glossary = useGlossary().data
  return useMemo(
    () => withTerms([sees_html, formed_html, common_html, unknown_html], glossary?.terms ?? []),
    [sees_html, formed_html, common_html, unknown_html, glossary],
  )
}

function Part({ title, html, open = false }: { title: string; html: string; open?: boolean }) {
  const terms = useGlossary().data?.terms ?? []
  return (
    <section className={open ? css.unknown : undefined}>
      <h2>{title}</h2>
      <Prose
        html={html}
        define={(id, words) => {
          const term = terms.find((one) => one.id === id)
          return term ? <Term term={term}>{words}</Term> : words
        }}
      />
    </section>
  )
}

function Missing({ error, retry }: { error: Error; retry: () => void }) {
  const { t } = useTranslation('learn')
  if (!(error instanceof ApiError) || error.status !== 404) {
    return (
      <Page title={t('title')}>
        <Problem error={error} retry={retry} />
      </Page>
    )
  }
  return (
    <Page title={t('page.missing')} lead={t('page.missingText')}>
      <Actions>
        <ButtonLink kind="strong" to="/learn">
          {t('page.toMap')}
        </ButtonLink>
      </Actions>
    </Page>
  )
}
