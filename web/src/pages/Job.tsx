import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { PageSkeleton } from '../components/Skeleton'
import { Items } from './jobs/Items'
import { useJob } from './jobs/live'
import { Progress } from './jobs/Progress'
import { Tools } from './jobs/Tools'

/** Many pictures at once: how far they are, what they show, and the table to download. */
export default function Job() {
  const { t } = useTranslation('jobs')
  const { id = '' } = useParams()
  const { data: job, error, isPending, refetch } = useJob(id)
  if (isPending) return <PageSkeleton />
  if (!job) {
    return (
      <Page title={t('title')}>
        <Problem error={error} retry={() => void refetch()} />
        <p>
          <Link to="/history">{t('history')}</Link>
        </p>
      </Page>
    )
  }
  return (
    <Page title={job.title}>
      <Progress job={job} />
      <Tools job={job} />
      <Items job={job} />
    </Page>
  )
}
