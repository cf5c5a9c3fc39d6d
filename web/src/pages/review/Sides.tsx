import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { percent } from '../../lib/numbers'
import { capital } from '../../lib/text'
import type { Tree } from '../../lib/walk'
import { type Compared, compare } from './compare'
import { kindOf } from './kinds'
import css from './Sides.module.css'

/** People and the model side by side, for every question that somebody has answered. */
export function Sides({ tree, item }: { tree: Tree | null; item: Schemas['ReviewItem'] }) {
  const { t } = useTranslation('review')
  const questions = compare(tree, item)
  return (
    <section className={css.sides} aria-labelledby="sides">
      <h3 id="sides">{t('side')}</h3>
      {questions.length === 0 && <p className={css.quiet}>{t('noVotes')}</p>}
      {questions.map((question) => (
        <Question key={question.id} question={question} />
      ))}
    </section>
  )
}

function Question({ question }: { question: Compared }) {
  const { t } = useTranslation('review')
  const { text, votes, answers } = question
  const most = (of: (answer: (typeof answers)[number]) => number) => Math.max(...answers.map(of))
  return (
    <table>
      <caption>{text || t('kind')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('answer')}</th>
          <th scope="col">{t('people', { votes })}</th>
          <th scope="col">{t('model')}</th>
        </tr>
      </thead>
      <tbody>
        {answers.map((answer) => (
          <tr key={answer.id}>
            <th scope="row">{named(answer)}</th>
            <Share value={answer.people} strong={answer.people === most((a) => a.people)} />
            <Share value={answer.model} strong={answer.model === most((a) => a.model)} />
          </tr>
        ))}
      </tbody>
    </table>
  )

  function named({ id, text: words }: { id: string; text: string }) {
    const kind = kindOf(id)
    return kind ? t(`kinds.${kind}`) : capital(words)
  }
}

function Share({ value, strong }: { value: number; strong: boolean }) {
  return (
    <td data-strong={strong}>
      {percent(value)}
      <span className={css.track} aria-hidden="true">
        <span style={{ width: `${value * 100}%` }} />
      </span>
    </td>
  )
}
