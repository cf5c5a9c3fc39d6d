import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { api, ApiError, type Schemas, send, unwrap } from '../api/client'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { day } from '../lib/dates'
import { NotFound } from './NotFound'
import { ResultSkeleton } from './result/ResultSkeleton'
import { ResultView } from './result/ResultView'
import type { Subject } from './result/subject'

/** A kept result, under the address that its owner may pass on. */
export default function Result() {
  const { id = '' } = useParams()
  const { t } = useTranslation('result')
  const { data, error, refetch } = useQuery({
    queryKey: ['result', id],
    queryFn: () => unwrap(api.GET('/api/v1/results/{id}', { params: { path: { id } } })),
  })
  if (error instanceof ApiError && error.status === 404) return <NotFound />
  if (error) {
    return (
      <Page title={t('title')}>
        <Problem error={error} retry={() => void refetch()} />
      </Page>
    )
  }
  return (
    <Page title={data?.title ?? t('title')} bare>
      {data ? (
        <ResultView subject={subjectOf(data)} answer={data.classification}>
          <Keep result={data} />
        </ResultView>
      ) : (
        <ResultSkeleton picture="" name="" />
      )}
    </Page>
  )
}

function Keep({ result: { owned, expires_at } }: { result: Schemas['ResultDetail'] }) {
  const { t } = useTranslation('result')
  if (!owned) return null
  const date = expires_at && day(expires_at)
  return (
    <p>
      {date ? t('kept.expires', { date }) : t('kept.stays')}{' '}
      <Link to="/history">{t('kept.history')}</Link>
    </p>
  )
}

// One object for all: what is the same has to be equal.
const AS_KEPT: Subject['view'] = {}

function subjectOf(result: Schemas['ResultDetail']): Subject {
  const { frame } = result.classification
  return {
    key: `kept-${result.id}`,
    name: result.title,
    picture: result.picture,
    view: AS_KEPT,
    kept: result,
    given: async () => {
      const file = await (await send(result.picture)).blob()
      const parcel = { file, name: `${result.title}.jpg` }
      if (!frame) return { parcel, view: {} }
      // The very square that was classified, in the pixels of the kept picture, which may be a smaller copy.
      const bitmap = await createImageBitmap(file)
      const by = bitmap.width / frame.width
      bitmap.close()
      return { parcel, view: { crop: { x: frame.x * by, y: frame.y * by, side: frame.side * by } } }
    },
  }
}
