import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { Button } from '../../components/Button'
import { answerText, nextQuestion } from '../../lib/walk'
import css from './Right.module.css'

interface Props {
  tree: Schemas['TreeEntry']
  busy: boolean
  /** Answer ids in the order in which they were given. */
  onDone: (answers: string[]) => void
  onCancel: () => void
}

/** The tree's questions, one at a time. One may stop where one is no longer sure. */
export function Walk({ tree, busy, onDone, onCancel }: Props) {
  const { t } = useTranslation('result')
  const [answers, setAnswers] = useState<string[]>([])
  const heading = useRef<HTMLHeadingElement>(null)
  const question = nextQuestion(tree, answers)
  useEffect(() => heading.current?.focus(), [question?.id])
  return (
    <div className={css.walk}>
      <h3 ref={heading} tabIndex={-1} className={css.question}>
        {question?.text ?? t('walk.end')}
      </h3>
      {question && (
        <div className={css.choices}>
          {question.answers.map((a) => (
            <Button key={a.id} disabled={busy} onClick={() => setAnswers([...answers, a.id])}>
              {a.text}
            </Button>
          ))}
        </div>
      )}
      {answers.length > 0 && (
        <p className={css.quiet}>
          {t('walk.sofar', { answers: answers.map((id) => answerText(tree, id)).join(' · ') })}
        </p>
      )}
      <div className={css.choices}>
        <Button
          kind="plain"
          onClick={() => (answers.length > 0 ? setAnswers(answers.slice(0, -1)) : onCancel())}
        >
          {t('walk.back')}
        </Button>
        {answers.length > 0 && (
          <Button kind="strong" disabled={busy} onClick={() => onDone(answers)}>
            {t(question ? 'walk.stop' : 'walk.send')}
          </Button>
        )}
      </div>
    </div>
  )
}
