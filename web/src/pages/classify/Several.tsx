import { useQueries, type UseQueryResult } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { ApiError, type Classification } from '../../api/client'
import { Page } from '../../components/Page'
import { Skeleton } from '../../components/Skeleton'
import type { Picture } from '../../lib/hand'
import { isSaid } from '../../lib/chances'
import { percent } from '../../lib/numbers'
import { kindName } from '../result/kindName'
import { certainty } from '../result/said'
import { asking } from './asking'
import { Intake } from './Intake'
import { useLimit } from './limit'
import css from './Several.module.css'
import type { InHand } from './taking'

/** Several pictures: a table that fills with their answers; each opens the whole of it. */
export function Several({ pictures }: { pictures: readonly Picture[] }) {
  const { t } = useTranslation('classify')
  const limit = useLimit()
  const answers = useQueries({
    queries: pictures.map((picture) => asking(picture, { view: {}, limit: limit(picture) })),
  })
  const done = answers.filter((a) => !a.isPending).length
  return (
    <Page title={t('several.title', { count: pictures.length })}>
      <p role="status" className={css.progress}>
        {t('several.progress', { done, total: pictures.length })}
      </p>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('several.picture')}</th>
            <th scope="col">{t('several.answer')}</th>
            <th scope="col">{t('several.kind')}</th>
            <th scope="col">{t('several.sure')}</th>
          </tr>
        </thead>
        <tbody>
          {pictures.map((picture, i) => (
            <Row key={picture.id} picture={picture} answer={answers[i]} all={pictures} />
          ))}
        </tbody>
      </table>
      <Intake title={t('another')} />
    </Page>
  )
}

function Row({
  picture,
  answer,
  all,
}: {
  picture: Picture
  answer: UseQueryResult<Classification> | undefined
  all: readonly Picture[]
}) {
  const { t } = useTranslation(['classify', 'result'])
  const tr = useTranslation('result').t
  const state: InHand & { among: string[] } = {
    pictures: [picture.id],
    among: all.map((p) => p.id),
  }
  const said = answer?.data
  const sure = said && certainty(said)
  return (
    <tr>
      <th scope="row">
        {/* The same address, but another place to go back from. */}
        <Link to="/classify" state={state} replace={false} className={css.picture}>
          <img
            src={picture.url}
            alt=""
            width="64"
            height="64"
            onError={({ currentTarget }) => (currentTarget.hidden = true)}
          />
          <span>{picture.name}</span>
        </Link>
      </th>
      {said ? (
        <>
          <td>{said.sentence}</td>
          <td className={css.number}>
            {said.kind && isSaid(said.kind.confidence) ? kindName(tr, said.kind.id) : ''}
          </td>
          <td className={css.number}>{sure == null ? '' : percent(sure)}</td>
        </>
      ) : (
        <td colSpan={3}>
          {answer?.error ? (
            <Refusal error={answer.error} />
          ) : (
            <>
              <span className="sr-only">{t('several.waiting')}</span>
              <Skeleton width="80%" height="1.25rem" />
            </>
          )}
        </td>
      )}
    </tr>
  )
}

function Refusal({ error }: { error: Error }) {
  const { t } = useTranslation()
  const told = error instanceof ApiError && error.detail.message
  return (
    <p className={css.refused}>
      {told
        ? `${error.detail.message} ${error.detail.remedy}`
        : t(error instanceof ApiError && error.offline ? 'error.offline' : 'error.unexpected')}
    </p>
  )
}
