import { useEffect, useRef } from 'react'
import { capital } from '../lib/text'
import { sketchOfAnswer } from '../lib/sketch'
import type { Question } from '../lib/walk'
import css from './Answers.module.css'
import { Sketch } from './Sketch'

interface Props {
  question: Question
  /** Above the question, in small letters: where one is. */
  label?: string
  busy?: boolean
  /** Whether the heading takes the focus, because the visitor has just answered the question before. */
  arrived: boolean
  onAnswer: (id: string) => void
  onBack?: (() => void) | undefined
}

/** One question of the tree with a large button for each answer. The keys 1 to 9 answer, Backspace goes back. */
export function Answers({ question, label, busy = false, arrived, onAnswer, onBack }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (arrived) heading.current?.focus({ preventScroll: true })
  }, [arrived, question.id])
  useKeys((key) => {
    const answer = question.answers[Number(key) - 1]
    if (answer && !busy) onAnswer(answer.id)
    else if (key === 'Backspace' && onBack) onBack()
    else return false
    return true
  })
  return (
    <div className={css.answers}>
      <div>
        {label && <p className={css.label}>{label}</p>}
        <h2 ref={heading} tabIndex={-1}>
          {question.text}
        </h2>
      </div>
      <ul data-many={question.answers.length > 3}>
        {question.answers.map((answer, at) => (
          <li key={answer.id}>
            <button type="button" disabled={busy} onClick={() => onAnswer(answer.id)}>
              <Drawn id={answer.id} />
              <span>{capital(answer.text)}</span>
              <kbd aria-hidden="true">{at + 1}</kbd>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Drawn({ id }: { id: string }) {
  const marks = sketchOfAnswer(id)
  return marks ? <Sketch marks={marks} className={css.sketch} /> : null
}

/** Listens to keys of the whole page, but not to what is typed into a field. `onKey` says whether the key was for it. */
export function useKeys(onKey: (key: string) => boolean): void {
  const latest = useRef(onKey)
  useEffect(() => {
    latest.current = onKey
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return
      const { target } = event
      if (target instanceof HTMLElement && target.closest('input, textarea, select, dialog')) return
      if (latest.current(event.key)) event.preventDefault()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}
