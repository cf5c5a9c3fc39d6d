import { useTranslation } from 'react-i18next'
import type { Classification, Schemas } from '../../../api/client'
import { percent } from '../../../lib/numbers'
import css from './Path.module.css'

/** Every answer of the tree with its numbers. */
export function PathTable({
  tree,
  answer,
}: {
  tree: Schemas['TreeEntry']
  answer: Classification
}) {
  const { t } = useTranslation('result')
  const texts = new Map(tree.questions.map((q) => [q.id, q]))
  return (
    // A wide table scrolls by itself, with the keyboard too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={css.scroll} role="region" aria-label={t('table.caption')} tabIndex={0}>
      <table className={css.table}>
        <caption className="sr-only">{t('table.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('table.answer')}</th>
            <th scope="col">{t('table.fraction')}</th>
            <th scope="col">{t('table.interval')}</th>
            <th scope="col">{t('table.share')}</th>
            <th scope="col">{t('table.chance')}</th>
          </tr>
        </thead>
        {[...texts.values()].map((question) => (
          <tbody key={question.id}>
            <tr>
              <th scope="rowgroup" colSpan={5} className={css.asked}>
                {t('path.question', {
                  text: question.text,
                  asked: percent(answer.asked[question.id] ?? 1),
                })}
              </th>
            </tr>
            {answer.answers
              .filter((a) => a.question === question.id)
              .map((a) => (
                <tr key={a.id} data-likely={answer.path_taken.includes(a.id)}>
                  <th scope="row">{a.text}</th>
                  <td>{percent(a.fraction)}</td>
                  <td>{t('table.range', { low: percent(a.low), high: percent(a.high) })}</td>
                  <td>{percent(a.cumulative)}</td>
                  <td>{a.confidence === null ? '' : percent(a.confidence)}</td>
                </tr>
              ))}
          </tbody>
        ))}
      </table>
    </div>
  )
}
