import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Classification, type Schemas, unwrap } from '../../api/client'
import { Button } from '../../components/Button'
import { Problem } from '../../components/Problem'
import { focusIfLost, useChange } from '../../lib/focus'
import { useOnce } from '../../lib/once'
import { answersByQuestion } from '../../lib/walk'
import type { Keeping } from './keeping'
import { kindName } from './kindName'
import css from './Right.module.css'
import { mayBeGalaxy } from './said'
import { Walk } from './Walk'

interface Props {
  answer: Classification
  tree: Schemas['TreeEntry'] | null
  keeping: Keeping
}

type Stage = 'asked' | 'walking' | 'kinds' | 'thanks'
type Sheet = Partial<Schemas['VoteSheet']>

/** "Is this right?": agree, answer the tree's questions oneself, or name another kind of object. */
export function Right({ answer, tree, keeping }: Props) {
  const { t } = useTranslation('result')
  const [stage, setStage] = useState<Stage>('asked')
  const vote = useMutation({
    mutationFn: async (sheet: Sheet) => {
      const { id } = await keeping.ensure()
      return unwrap(
        api.POST('/api/v1/results/{id}/votes', {
          params: { path: { id } },
          body: { comment: '', ...sheet },
        }),
      )
    },
    onSuccess: () => setStage('thanks'),
  })
  const send = useOnce(vote.mutateAsync)
  const section = useRef<HTMLElement>(null)
  useChange(stage, (before) =>
    focusIfLost(section.current?.querySelector(next(stage, before)) ?? null),
  )
  const kinds = Object.keys(answer.kind?.probabilities ?? {})
  return (
    <section ref={section} className={css.right} aria-labelledby="right">
      <h2 id="right">{t('right.title')}</h2>
      {vote.error && <Problem error={vote.error} retry={() => send(vote.variables)} />}
      {stage === 'asked' && (
        <>
          <p className={css.quiet}>{t(keeping.kept ? 'right.lead' : 'right.leadKeeps')}</p>
          <div className={css.choices}>
            <Button disabled={vote.isPending} onClick={() => send(agreed(answer, tree))}>
              {t('right.yes')}
            </Button>
            {tree && mayBeGalaxy(answer) && (
              <Button
                disabled={vote.isPending}
                data-to="walking"
                onClick={() => setStage('walking')}
              >
                {t('right.walk')}
              </Button>
            )}
            {kinds.length > 0 && (
              <Button disabled={vote.isPending} data-to="kinds" onClick={() => setStage('kinds')}>
                {t('right.other')}
              </Button>
            )}
          </div>
        </>
      )}
      {stage === 'walking' && tree && (
        <Walk
          tree={tree}
          busy={vote.isPending}
          onDone={(answers) => send({ answers: answersByQuestion(tree, answers) })}
          onCancel={() => setStage('asked')}
        />
      )}
      {stage === 'kinds' && (
        <div className={css.choices} role="group" aria-label={t('right.which')}>
          {kinds.map((kind) => (
            <Button
              key={kind}
              disabled={vote.isPending}
              onClick={() => send({ answers: {}, kind })}
            >
              {kindName(t, kind)}
            </Button>
          ))}
          <Button kind="plain" onClick={() => setStage('asked')}>
            {t('right.back')}
          </Button>
        </div>
      )}
      <div role="status">
        {stage === 'thanks' && <p>{t('right.thanks')}</p>}
        {vote.isPending && <p className={css.quiet}>{t('right.sending')}</p>}
      </div>
    </section>
  )
}

/** Where the focus goes: into what has opened, back to what opened it, or to the heading above the thanks. */
function next(stage: Stage, before: Stage): string {
  if (stage === 'kinds') return '[role=group]'
  return stage === 'asked' ? `[data-to=${before}]` : 'h2'
}

/** A vote for what the page says: the kind, and for a galaxy the answers that were sure enough to say. */
function agreed({ kind, rolled_up }: Classification, tree: Schemas['TreeEntry'] | null): Sheet {
  const galaxy = !kind || kind.id === 'galaxy'
  return {
    answers: galaxy && tree ? answersByQuestion(tree, rolled_up) : {},
    kind: kind?.id ?? null,
  }
}
