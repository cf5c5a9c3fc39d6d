import {
  type FocusEvent,
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'react-router'
import type { GuideEntry } from '../../api/guide'
import { Sketch } from '../../components/Sketch'
import { pageFor } from '../../lib/guide'
import { sketchOfAnswer } from '../../lib/sketch'
import { type Box, type Line, layout, sharesOf } from '../../lib/treelayout'
import { parentsOf, questionOf, routeTo, type Tree } from '../../lib/treemap'
import css from './TreeDrawing.module.css'

interface Props {
  tree: Tree
  entries: readonly GuideEntry[]
  /** Answers for the visitor's last picture. */
  given: readonly string[]
}

/** The tree from the top down: questions as boxes, answers as links, lines for what is asked next. */
export function TreeDrawing({ tree, entries, given }: Props) {
  const drawn = useMemo(() => layout(tree), [tree])
  const [at, setAt] = useState<string>()
  const frame = useRef<HTMLDivElement>(null)
  const { hash } = useLocation()
  useEffect(() => {
    const link = linkOf(frame.current, decodeURIComponent(hash.slice(1)))
    link?.focus({ preventScroll: true })
    link?.scrollIntoView({ block: 'center' })
  }, [hash])
  const route = at === undefined ? [] : routeTo(tree, at)
  const point = (event: PointerEvent | FocusEvent) => setAt(answerOf(event.target as Element))
  const walk = (event: KeyboardEvent) => {
    const here = answerOf(event.target as Element)
    const there = here && besides(tree, here, event.key)
    const link = there && linkOf(frame.current, there)
    if (!link) return
    event.preventDefault()
    link.focus()
  }
  return (
    // The keys move the focus between the links in it; it is nothing to be focused itself.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={frame}
      className={css.drawing}
      style={{ height: `${drawn.height}rem` }}
      data-pointing={at !== undefined || undefined}
      onPointerOver={point}
      onPointerLeave={() => setAt(undefined)}
      onFocus={point}
      onBlur={() => setAt(undefined)}
      onKeyDown={walk}
    >
      <Lines drawn={drawn} route={route} given={given} />
      {drawn.boxes.map((box) => (
        <Asked
          key={box.question}
          tree={tree}
          entries={entries}
          given={given}
          route={route}
          box={box}
          whole={drawn.width}
        />
      ))}
    </div>
  )
}

function Asked({
  tree,
  entries,
  given,
  route,
  box,
  whole,
}: Props & { route: readonly string[]; box: Box; whole: number }) {
  const { t } = useTranslation('learn')
  const { question } = box
  const shares = new Map(sharesOf(tree, question).map(({ id, share }) => [id, share]))
  return (
    <section
      className={css.box}
      style={placed(box, whole)}
      aria-labelledby={`question-${question}`}
    >
      <h2 id={`question-${question}`}>
        {textOf(tree, question)}
        {tree.also_asked[question] && <span className="sr-only"> ({t('tree.asideLabel')})</span>}
      </h2>
      <ul>
        {answersOf(tree, question).map(({ id, text }) => {
          const page = pageFor(entries, { answer: id })
          const marks = sketchOfAnswer(id)
          return (
            <li key={id} style={{ flexBasis: `${100 * (shares.get(id) ?? 0)}%` }}>
              <Link
                to={page ? `/learn/${page.id}` : '/learn'}
                data-answer={id}
                data-on={route.includes(id) || undefined}
                data-given={given.includes(id) || undefined}
              >
                {marks && <Sketch marks={marks} className={css.sketch} />}
                <span>{text}</span>
                {given.includes(id) && <span className="sr-only">, {t('last.mark')}</span>}
              </Link>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function Lines({
  drawn,
  route,
  given,
}: {
  drawn: ReturnType<typeof layout>
  route: readonly string[]
  given: readonly string[]
}) {
  // What is brighter lies above the rest.
  const rank = ({ answer }: Line) => (route.includes(answer) ? 2 : given.includes(answer) ? 1 : 0)
  return (
    <svg
      className={css.lines}
      viewBox={`0 0 ${drawn.width} ${drawn.height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {[...drawn.lines]
        .sort((a, b) => rank(a) - rank(b))
        .map((line) => (
          <path
            key={`${line.answer}>${line.question}`}
            d={line.d}
            data-rank={rank(line)}
            strokeDasharray={line.aside ? '4 4' : undefined}
          />
        ))}
    </svg>
  )
}

function placed({ left, top, width, height }: Box, whole: number) {
  return {
    left: `${(100 * left) / whole}%`,
    width: `${(100 * width) / whole}%`,
    top: `${top}rem`,
    height: `${height}rem`,
  }
}

/** Where an arrow key leads from an answer: to its sides, to the question that it opens, or to an answer that opened its own. */
function besides(tree: Tree, answer: string, key: string): string | undefined {
  const own = answersOf(tree, questionOf(answer))
  const index = own.findIndex(({ id }) => id === answer)
  switch (key) {
    case 'ArrowLeft':
      return own[index - 1]?.id
    case 'ArrowRight':
      return own[index + 1]?.id
    case 'ArrowDown':
      return answersOf(tree, own[index]?.next ?? '')[0]?.id
    case 'ArrowUp':
      return parentsOf(tree).get(questionOf(answer))?.[0]
    default:
      return undefined
  }
}

function answerOf(element: Element): string | undefined {
  return element.closest<HTMLElement>('[data-answer]')?.dataset['answer']
}

function linkOf(frame: HTMLElement | null, answer: string): HTMLElement | null {
  return frame?.querySelector<HTMLElement>(`[data-answer="${CSS.escape(answer)}"]`) ?? null
}

function answersOf(tree: Tree, question: string) {
  return tree.questions.find(({ id }) => id === question)?.answers ?? []
}

function textOf(tree: Tree, question: string): string {
  return tree.questions.find(({ id }) => id === question)?.text ?? ''
}
