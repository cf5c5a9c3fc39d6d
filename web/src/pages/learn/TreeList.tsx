import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'react-router'
import type { GuideEntry } from '../../api/guide'
import { Sketch } from '../../components/Sketch'
import { pageFor } from '../../lib/guide'
import { sketchOfAnswer } from '../../lib/sketch'
import { hanging, routeTo, type Tree } from '../../lib/treemap'
import css from './TreeList.module.css'

interface Props {
  tree: Tree
  entries: readonly GuideEntry[]
  given: readonly string[]
}

type Below = ReturnType<typeof hanging>
type Question = Tree['questions'][number]

/** The tree as a list within lists: below each answer what is asked of those who gave it. Each question can be folded. */
export function TreeList({ tree, entries, given }: Props) {
  const below = useMemo(() => hanging(tree), [tree])
  const { hash } = useLocation()
  const wanted = decodeURIComponent(hash.slice(1))
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    const link = list.current?.querySelector<HTMLElement>(`[data-answer="${CSS.escape(wanted)}"]`)
    link?.focus({ preventScroll: true })
    link?.scrollIntoView({ block: 'center' })
  }, [wanted])
  const open = new Set([...routeTo(tree, wanted), ...given])
  return (
    <ul ref={list} className={css.list}>
      {(below.get('') ?? []).map((question) => (
        <li key={question.id}>
          <Asked
            question={question}
            below={below}
            entries={entries}
            given={given}
            open={open}
            top
          />
        </li>
      ))}
    </ul>
  )
}

function Asked({
  question,
  below,
  entries,
  given,
  open,
  top = false,
}: {
  question: Question
  below: Below
  entries: readonly GuideEntry[]
  given: readonly string[]
  /** Answers whose questions are open from the beginning. */
  open: ReadonlySet<string>
  top?: boolean
}) {
  const { t } = useTranslation('learn')
  return (
    <details className={css.question} open={top || question.answers.some(({ id }) => open.has(id))}>
      <summary>
        <span className={css.text}>{question.text}</span>
        <span className={css.count}>{t('tree.answers', { count: question.answers.length })}</span>
      </summary>
      <ul>
        {question.answers.map((answer) => {
          const page = pageFor(entries, { answer: answer.id })
          const marks = sketchOfAnswer(answer.id)
          return (
            <li key={answer.id}>
              <Link
                className={css.answer}
                to={page ? `/learn/${page.id}` : '/learn'}
                data-answer={answer.id}
                data-given={given.includes(answer.id) || undefined}
              >
                {marks && <Sketch marks={marks} className={css.sketch} />}
                <span>
                  {answer.text}
                  {given.includes(answer.id) && <span className="sr-only">, {t('last.mark')}</span>}
                </span>
              </Link>
              {(below.get(answer.id) ?? []).map((next) => (
                <Asked
                  key={next.id}
                  question={next}
                  below={below}
                  entries={entries}
                  given={given}
                  open={open}
                />
              ))}
            </li>
          )
        })}
      </ul>
    </details>
  )
}
