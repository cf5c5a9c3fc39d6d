import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Classification, Schemas } from '../../../api/client'
import { Button } from '../../../components/Button'
import { Meter } from '../../../components/Chance'
import { besides, shownQuestions } from './branches'
import { Drawing } from './Drawing'
import css from './Path.module.css'
import { PathTable } from './PathTable'

interface Props {
  tree: Schemas['TreeEntry']
  answer: Classification
  /** The answer that is spoken of. */
  selected?: string
  onSelect?: (answer: string) => void
  /** What is told of an answer, below the drawing. */
  detail?: (answer: string) => ReactNode
}

/** How volunteers would answer the tree's questions about the picture: drawn, or as a table. */
export function Path({ tree, answer, selected = '', onSelect, detail }: Props) {
  const { t } = useTranslation('result')
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const [hovered, setHovered] = useResting()
  const [table, setTable] = useState(false)
  const [chosen, setChosen] = useState(false)
  const open = (id: string) => setOpened(new Set([...opened, id]))
  const beside = besides(tree, answer)
  const shown = hovered || selected
  const folded = foldedBehind(tree, answer, { id: shown, opened })
  return (
    <div className={css.path}>
      <div className={css.head}>
        <p className={css.lead}>{t('path.lead')}</p>
        <div className={css.actions}>
          {opened.size > 0 && !table && (
            <Button kind="plain" onClick={() => setOpened(new Set())}>
              {t('path.foldAll')}
            </Button>
          )}
          <Button aria-pressed={table} onClick={() => setTable(!table)}>
            {t('path.table')}
          </Button>
        </div>
      </div>
      {table ? (
        <PathTable tree={tree} answer={answer} />
      ) : (
        <>
          <p className="sr-only">{t('path.keys')}</p>
          <Drawing
            tree={tree}
            answer={answer}
            opened={opened}
            selected={shown}
            onSelect={(branch) => {
              setHovered('')
              setChosen(true)
              onSelect?.(branch.id)
            }}
            onHover={(branch) => setHovered(branch?.text ? branch.id : '')}
            onOpen={open}
          />
          {detail && shown && (
            <div className={css.detail} data-chosen={chosen}>
              {detail(shown)}
              {folded && <Button onClick={() => open(folded)}>{t('path.open')}</Button>}
            </div>
          )}
          {beside.length > 0 && (
            <div className={css.beside}>
              <h3>{t('path.beside')}</h3>
              {beside.map((question) => (
                <Beside key={question.id} question={question} answer={answer} />
              ))}
            </div>
          )}
        </>
      )}
    </div>
  )
}

// A pointer that only passes by asks for nothing.
const REST = 150

/** What the pointer rests on: set a moment after it came, and gone as soon as it leaves. */
function useResting(): [string, (id: string) => void] {
  const [resting, setResting] = useState('')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const set = (id: string) => {
    clearTimeout(timer.current)
    if (id) timer.current = setTimeout(() => setResting(id), REST)
    else setResting('')
  }
  return [resting, set]
}

/** The question that an answer leads to, if it is not drawn. */
function foldedBehind(
  tree: Schemas['TreeEntry'],
  answer: Classification,
  { id, opened }: { id: string; opened: ReadonlySet<string> },
): string | null {
  const next = tree.questions.flatMap((q) => q.answers).find((a) => a.id === id)?.next
  return next && !shownQuestions(tree, answer, opened).has(next) ? next : null
}

function Beside({
  question,
  answer,
}: {
  question: Schemas['TreeQuestion']
  answer: Classification
}) {
  const estimates = answer.answers.filter((a) => a.question === question.id)
  return (
    <div className={css.question}>
      <p>{question.text}</p>
      {estimates.map((e) => (
        <Meter key={e.id} label={e.text} value={e.fraction} low={e.low} high={e.high} />
      ))}
    </div>
  )
}
