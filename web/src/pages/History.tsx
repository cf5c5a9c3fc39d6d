import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { useSession } from '../api/session'
import { ButtonLink } from '../components/Button'
import { Page } from '../components/Page'
import { Tabs } from '../components/Tabs'
import css from './History.module.css'
import { Jobs } from './history/Jobs'
import { useJobs, useResults } from './history/kept'
import { Results } from './history/Results'

/** What was kept: pictures with their answers, and jobs. */
export default function History() {
  const { t } = useTranslation('history')
  const [params] = useSearchParams()
  const jobsShown = params.get('show') === 'jobs'
  const session = useSession()
  const results = useResults()
  const jobs = useJobs()
  const named = (name: string, total: number | undefined) =>
    total ? t('tab', { name, total }) : name
  const something = (results.total ?? 0) + (jobs.total ?? 0) > 0
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Tabs
        label={t('views')}
        tabs={[
          { to: '/history', text: named(t('pictures'), results.total), here: !jobsShown },
          { to: '/history?show=jobs', text: named(t('jobs'), jobs.total), here: jobsShown },
        ]}
      />
      {jobsShown ? <Jobs list={jobs} /> : <Results list={results} />}
      {session && !session.user && something && (
        <div className={css.guest}>
          <p>{t('guest')}</p>
          {session.registration && (
            <ButtonLink to="/sign-in?new=yes&to=/history">{t('signUp')}</ButtonLink>
          )}
        </div>
      )}
    </Page>
  )
}
