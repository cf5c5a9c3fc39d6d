import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, type Classification, type Schemas } from '../../api/client'
import type { View } from '../../api/pictures'
import { Button } from '../../components/Button'
import { Page } from '../../components/Page'
import { Problem } from '../../components/Problem'
import { focusIfLost } from '../../lib/focus'
import type { Picture } from '../../lib/hand'
import { rememberLast } from '../../lib/last'
import { ResultSkeleton } from '../result/ResultSkeleton'
import { ResultView } from '../result/ResultView'
import { mayBeGalaxy } from '../result/said'
import type { Subject } from '../result/subject'
import { asking, needsPreview, previewing } from './asking'
import { Intake } from './Intake'
import { useLimit } from './limit'

/** One picture in hand: its answer, or what stands in the way of one. */
export function One({ picture, back }: { picture: Picture; back?: React.ReactNode }) {
  const { t } = useTranslation('classify')
  const [view, setView] = useState<View>({})
  const [unshowable, setUnshowable] = useState(() => needsPreview(picture))
  const limit = useLimit()
  const answer = useQuery(asking(picture, { view, limit: limit(picture) }))
  const shown = useQuery(previewing(picture, { view, needed: unshowable }))
  useArrival(answer.data, answer.error)
  const kept = useKept(answer.data)
  const subject: Subject = {
    key: picture.id,
    name: picture.name,
    picture: unshowable ? (shown.data ?? '') : picture.url,
    ...(picture.credit && { credit: picture.credit }),
    view,
    given: () => Promise.resolve({ parcel: picture, view }),
    ...(kept && { kept }),
  }
  const undo = (view.crop ?? view.stretch) ? () => setView({}) : undefined
  const onUnshowable = () => setUnshowable(true)
  const retry = mayHelp(answer.error) ? () => void answer.refetch() : undefined
  const waiting = t(answer.isError ? 'failed' : 'looking', { name: picture.name })
  return (
    <Page title={answer.data?.sentence ?? waiting} bare>
      <p className="sr-only" role="status">
        {answer.data ? t('ready', { sentence: answer.data.sentence }) : answer.isPending && waiting}
      </p>
      {answer.data ? (
        <ResultView
          key={picture.id}
          subject={subject}
          answer={answer.data}
          onView={setView}
          onUnshowable={onUnshowable}
          waiting={answer.isPlaceholderData}
        >
          {back}
        </ResultView>
      ) : (
        <ResultSkeleton
          picture={subject.picture}
          name={picture.name}
          refused={answer.isError}
          onUnshowable={onUnshowable}
        >
          {back}
          {answer.error && (
            <Problem error={answer.error} retry={retry}>
              {undo && <Button onClick={undo}>{t('undo')}</Button>}
            </Problem>
          )}
        </ResultSkeleton>
      )}
      <Intake title={t('another')} />
    </Page>
  )
}

/** Where the answer was kept, if it was: that came with it. */
function useKept(answer: Classification | undefined): Schemas['ResultDetail'] | undefined {
  const queries = useQueryClient()
  return answer?.result ? queries.getQueryData(['result', answer.result]) : undefined
}

/** Whether the same question may find another answer: the picture itself was not refused. */
function mayHelp(error: Error | null): boolean {
  return error !== null && !(error instanceof ApiError && [413, 415, 422].includes(error.status))
}

/** The answer is remembered for the maps of the guide, and the focus goes to its sentence, or to the place of what went wrong. */
function useArrival(answer: Classification | undefined, error: Error | null): void {
  useEffect(() => {
    if (answer ?? error) focusIfLost(document.querySelector('h1'))
  }, [answer, error])
  useEffect(() => {
    if (!answer) return
    const galaxy = mayBeGalaxy(answer)
    rememberLast({
      answers: galaxy ? answer.rolled_up : [],
      classes: galaxy
        ? Object.values(answer.classes)
            .filter((c) => c.confidence >= 0.33)
            .map((c) => `${c.taxonomy}:${c.id}`)
        : [],
      kind: answer.kind?.id ?? null,
      lesson: answer.lesson,
    })
  }, [answer])
}
