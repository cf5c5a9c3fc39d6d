import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Schemas, unwrap } from '../../api/client'
import { useModels } from '../../api/models'
import { Actions } from '../../components/Actions'
import { useKeys } from '../../components/Answers'
import { Button } from '../../components/Button'
import { Chance } from '../../components/Chance'
import { Field } from '../../components/Field'
import { Problem } from '../../components/Problem'
import { percent } from '../../lib/numbers'
import { capital } from '../../lib/text'
import css from './Case.module.css'
import { Correction } from './Correction'
import { Sides } from './Sides'

type Decision = Schemas['ReviewDecision']

interface Props {
  item: Schemas['ReviewItem']
  onDecided: () => void
}

/** One picture with what people and the model say, and the decision. */
export function Case({ item, onDecided }: Props) {
  const { t } = useTranslation('review')
  const [correcting, setCorrecting] = useState(false)
  const [note, setNote] = useState('')
  const tree = useModels().data?.models[0]?.tree ?? null
  const decide = useDecision(item.result.id, onDecided)
  const take = (decision: Decision['decision']) =>
    decide.mutate({ decision, note, answers: {}, kind: null })
  useKeys((key) => {
    if (correcting || decide.isPending) return false
    if (key === 'a') take('accept')
    else if (key === 'c') setCorrecting(true)
    else if (key === 'd') take('discard')
    else return false
    return true
  })
  return (
    <article className={css.case}>
      <Picture result={item.result} />
      <div className={css.side}>
        <Said item={item} />
        {correcting ? (
          <Correction
            tree={tree}
            said={item.classification}
            busy={decide.isPending}
            onDone={(labels) => decide.mutate({ decision: 'correct', note, ...labels })}
            onCancel={() => setCorrecting(false)}
          />
        ) : (
          <>
            <Actions>
              <Button kind="strong" disabled={decide.isPending} onClick={() => take('accept')}>
                {t('accept')}
              </Button>
              <Button disabled={decide.isPending} onClick={() => setCorrecting(true)}>
                {t('correct')}
              </Button>
              <Button disabled={decide.isPending} onClick={() => take('discard')}>
                {t('discard')}
              </Button>
            </Actions>
            <p className={css.keys}>{t('keys')}</p>
          </>
        )}
        <Field
          label={t('note')}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        {decide.isError && <Problem error={decide.error} />}
        <Sides tree={tree} item={item} />
      </div>
    </article>
  )
}

function useDecision(id: string, onDecided: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Decision) =>
      unwrap(api.PUT('/api/v1/reviews/{id}', { params: { path: { id } }, body })),
    onSuccess: () => {
      // The list that one is walking through stays as it is; the other one has become longer.
      void queries.invalidateQueries({ queryKey: ['reviews'], refetchType: 'none' })
      onDecided()
    },
  })
}

/** The picture at its full size; the small one where that is not to be had. */
function Picture({ result }: { result: Schemas['ResultSummary'] }) {
  const { t } = useTranslation('review')
  const [small, setSmall] = useState(false)
  return (
    <img
      className={css.picture}
      src={small ? result.thumbnail : `/api/v1/results/${result.id}/picture`}
      alt={t('picture')}
      width="512"
      height="512"
      onError={() => setSmall(true)}
    />
  )
}

function Said({ item }: { item: Schemas['ReviewItem'] }) {
  const { t } = useTranslation('review')
  const { classification: said, tally, uncertainty } = item
  return (
    <div className={css.said}>
      <p className={css.quiet}>{t('says')}</p>
      <h2>{said.sentence}</h2>
      {said.kind && (
        <p>
          {capital(said.kind.name)}:{' '}
          <Chance words={said.kind.chance} value={said.kind.confidence} />
        </p>
      )}
      <p className={css.quiet}>
        {t('votes', { count: tally.votes })} · {t('uncertainty', { share: percent(uncertainty) })}
      </p>
    </div>
  )
}
