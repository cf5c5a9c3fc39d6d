import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Classification, Schemas } from '../../api/client'
import { Actions } from '../../components/Actions'
import { Answers } from '../../components/Answers'
import { Button } from '../../components/Button'
import {
  answersByQuestion,
  answerText,
  nextQuestion,
  type Question,
  type Tree,
} from '../../lib/walk'
import css from './Case.module.css'
import { type Kind, kindOf, KINDS } from './kinds'

export type Labels = Required<Pick<Schemas['ReviewDecision'], 'answers' | 'kind'>>

interface Props {
  tree: Tree | null
  said: Classification
  busy: boolean
  onDone: (labels: Labels) => void
  onCancel: () => void
}

/** The kind of object first, and for a galaxy the tree's questions. One may stop where one is no longer sure. */
export function Correction({ tree, said, busy, onDone, onCancel }: Props) {
  const { t } = useTranslation('review')
  const [kind, setKind] = useState<Kind | null>(said.kind ? null : 'galaxy')
  const [answers, setAnswers] = useState<string[]>([])
  const question = kind ? tree && nextQuestion(tree, answers) : kindQuestion(t)
  const done = (given: string[], of: Kind | null) =>
    onDone({ answers: tree ? answersByQuestion(tree, given) : {}, kind: said.kind ? of : null })

  const answer = (id: string) => {
    if (kind) {
      setAnswers([...answers, id])
      return
    }
    const chosen = kindOf(id.replace('kind.', ''))
    if (chosen === 'galaxy' && tree) setKind(chosen)
    else if (chosen) done([], chosen)
  }
  const back = () => {
    if (answers.length > 0) setAnswers(answers.slice(0, -1))
    else if (kind && said.kind) setKind(null)
    else onCancel()
  }
  return (
    <div className={css.side}>
      {question && (
        <Answers question={question} busy={busy} arrived onAnswer={answer} onBack={back} />
      )}
      {tree && answers.length > 0 && (
        <p className={css.quiet} role="status">
          {t('sofar', { answers: answers.map((id) => answerText(tree, id)).join(', ') })}
        </p>
      )}
      <Actions>
        {kind && (
          <Button
            kind={question ? 'normal' : 'strong'}
            disabled={busy}
            onClick={() => done(answers, kind)}
          >
            {t(question ? 'saveSo' : 'save')}
          </Button>
        )}
        <Button onClick={back}>{t('back')}</Button>
        <Button kind="plain" onClick={onCancel}>
          {t('cancel')}
        </Button>
      </Actions>
    </div>
  )
}

/** The kind of object, asked as the tree asks. */
function kindQuestion(t: ReturnType<typeof useTranslation<'review'>>['t']): Question {
  const answers = KINDS.map((id) => ({
    id: `kind.${id}`,
    text: t(`kinds.${id}`),
    next: null,
    column: '',
  }))
  return { id: 'kind', text: t('correcting'), answers }
}
