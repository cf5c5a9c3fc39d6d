import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { api, unwrap } from '../../api/client'
import type { GuideEntry, GuidePage } from '../../api/guide'
import { Actions } from '../../components/Actions'
import { ButtonLink } from '../../components/Button'
import { nodesOf } from '../../lib/fork'
import { beside, galleryClasses } from '../../lib/guide'
import css from './Onward.module.css'

/** Where to go from a page: a real one, one's own picture, the maps, and the pages before and after. */
export function Onward({ page, entries }: { page: GuidePage; entries: readonly GuideEntry[] }) {
  const { t } = useTranslation('learn')
  const { before, after } = beside(entries, page.id)
  const answer = page.answers[0]
  const shown = useShownClass(page)
  return (
    <footer className={css.onward}>
      <h2 className="sr-only">{t('page.next')}</h2>
      <Actions>
        <ButtonLink
          kind="strong"
          to={shown ? `/gallery?class=${encodeURIComponent(shown)}` : '/gallery'}
        >
          {t(shown ? 'page.find' : 'page.findAll')}
        </ButtonLink>
        <ButtonLink to="/classify">{t('page.own')}</ButtonLink>
        {answer && <ButtonLink to={`/learn/tree#${answer}`}>{t('page.onTree')}</ButtonLink>}
        {nodesOf(page, entries).length > 0 && (
          <ButtonLink to="/learn/fork">{t('page.onFork')}</ButtonLink>
        )}
      </Actions>
      <nav className={css.order} aria-label={t('page.order')}>
        {before ? <Step way="before" entry={before} /> : <span />}
        {after && <Step way="after" entry={after} />}
      </nav>
    </footer>
  )
}

/** What the page explains, as a class of which the gallery has galaxies. */
function useShownClass(page: GuidePage): string | undefined {
  const shown = useQuery({
    queryKey: ['gallery', 'filters'],
    queryFn: () => unwrap(api.GET('/api/v1/gallery', { params: { query: { limit: 1 } } })),
    staleTime: Infinity,
  }).data?.filters.classes
  return galleryClasses(page).find((name) => shown?.[name])
}

function Step({ way, entry }: { way: 'before' | 'after'; entry: GuideEntry }) {
  const { t } = useTranslation('learn')
  return (
    <Link className={css[way]} to={`/learn/${entry.id}`} rel={way === 'before' ? 'prev' : 'next'}>
      <span className={css.way}>{t(`page.${way}`)}</span>
      <span className={css.title}>{entry.title}</span>
    </Link>
  )
}
