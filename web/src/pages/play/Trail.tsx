import { useTranslation } from 'react-i18next'
import { capital } from '../../lib/text'
import { answerText, type Tree } from '../../lib/walk'
import css from './Trail.module.css'

interface Props {
  tree: Tree
  answers: string[]
  /** Gets the answers that stay when the visitor goes back to one of the questions. */
  onReturn: (answers: string[]) => void
}

/** The answers so far; each leads back to its question. */
export function Trail({ tree, answers, onReturn }: Props) {
  const { t } = useTranslation('play')
  return (
    <ol className={css.trail} aria-label={t('sofar')}>
      {answers.map((id, at) => {
        const text = capital(answerText(tree, id))
        return (
          <li key={id}>
            <button
              type="button"
              aria-label={t('backTo', { answer: text })}
              onClick={() => onReturn(answers.slice(0, at))}
            >
              {text}
            </button>
          </li>
        )
      })}
    </ol>
  )
}
