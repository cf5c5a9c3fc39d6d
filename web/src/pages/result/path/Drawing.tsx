import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
  useMemo,
  useRef,
  useState,
} from 'react'
import { useTranslation } from 'react-i18next'
import type { Classification, Schemas } from '../../../api/client'
import { percent } from '../../../lib/numbers'
import { useWidth } from '../../../lib/useWidth'
import { Bands } from './Bands'
import { type Branch, type Step, stepsOf } from './branches'
import css from './Drawing.module.css'
import { type Band, type Layout, layOut, type Measures, type Node } from './layout'
import { questionName } from './names'
import { stepTo } from './walking'

interface Props {
  tree: Schemas['TreeEntry']
  answer: Classification
  /** What is open beside the likely path. */
  opened: ReadonlySet<string>
  /** The answer that is spoken of; empty for none. */
  selected: string
  onSelect: (branch: Branch) => void
  /** An answer that the pointer rests on; null when it leaves. */
  onHover: (branch: Branch | null) => void
  onOpen: (id: string) => void
}

// A column narrower than that cannot hold an answer's words.
const COLUMN = 112
// Width of a letter, with what is lost where lines break.
const LETTER = 7.5

/** The tree as bands: each as thick as its share of the votes. Arrow keys walk along it. */
export function Drawing(props: Props) {
  const [width, watch] = useWidth()
  return (
    <div ref={watch} className={css.room}>
      {width > 0 && <Fitted {...props} width={width} />}
    </div>
  )
}

function Fitted({ tree, answer, opened, width, ...rest }: Props & { width: number }) {
  const { layout, upright } = useMemo(
    () => fitted(tree, answer, { opened, width }),
    [tree, answer, opened, width],
  )
  return <Laid layout={layout} upright={upright} width={width} {...rest} />
}

interface Fit {
  layout: Layout
  upright: boolean
}

function fitted(
  tree: Schemas['TreeEntry'],
  answer: Classification,
  { opened, width }: { opened: ReadonlySet<string>; width: number },
): Fit {
  const across = stepsOf(tree, answer, { opened, most: 6 })
  const columns = Math.max(...across.map((s) => s.depth)) + 1
  if (columns * COLUMN <= width) {
    // Few questions need not be drawn out over the whole page.
    const layer = Math.min(width / columns, 240)
    const letters = Math.floor((layer - 2 * WIDE.bend) / LETTER)
    return { layout: layOut(across, { ...WIDE, layer, letters }), upright: false }
  }
  const most = Math.max(3, Math.min(6, Math.floor(width / 108)))
  const down = stepsOf(tree, answer, { opened, most })
  return { layout: layOut(down, TALL), upright: true }
}

const WIDE: Omit<Measures, 'layer' | 'letters'> = {
  bend: 20,
  scale: 72,
  slot: 44,
  gap: 8,
  title: 48,
  single: false,
}
const TALL: Measures = {
  layer: 152,
  bend: 44,
  scale: 88,
  slot: 88,
  gap: 8,
  letters: 0,
  title: 0,
  single: true,
}

function Laid({
  layout,
  upright,
  width,
  selected,
  onSelect,
  onHover,
  onOpen,
}: Fit & Omit<Props, 'tree' | 'answer' | 'opened'> & { width: number }) {
  const frame = useRef<HTMLDivElement>(null)
  const [last, setLast] = useState('')
  const size = upright
    ? { width: Math.max(width, layout.breadth), height: layout.length + 40 }
    : { width: Math.max(width, layout.length), height: layout.breadth }
  const branches = layout.bands.map((b) => b.branch)
  // One stop for the tab key; the arrows do the rest.
  const stop = [selected, last, ...branches.filter((b) => b.likely).map((b) => b.id)].find((id) =>
    branches.some((b) => b.id === id),
  )
  const onKeyDown = (event: KeyboardEvent, branch: Branch) => {
    const to = stepTo(event.key, branch, { steps: layout.nodes.map((n) => n.step), upright })
    if (!to) return
    event.preventDefault()
    if (to.open) onOpen(to.open)
    if (to.focus) {
      frame.current?.querySelector<HTMLElement>(`[data-branch="${CSS.escape(to.focus)}"]`)?.focus()
    }
  }
  const choose = (branch: Branch) => {
    setLast(branch.id)
    if (branch.text === '') onOpen(branch.id)
    else onSelect(branch)
  }
  return (
    <div className={css.scroll}>
      <div ref={frame} className={css.frame} style={size} data-upright={upright}>
        <Bands layout={layout} upright={upright} size={size} selected={selected} />
        {layout.nodes.map((node) => (
          <Question key={node.step.question} node={node} upright={upright}>
            {bandsOf(layout, node.step).map((band) => (
              <Answer
                key={band.branch.id}
                band={band}
                upright={upright}
                selected={band.branch.id === selected}
                stop={band.branch.id === stop}
                onSelect={choose}
                onHover={onHover}
                onKeyDown={onKeyDown}
              />
            ))}
          </Question>
        ))}
      </div>
    </div>
  )
}

function Question({
  node,
  upright,
  children,
}: {
  node: Node
  upright: boolean
  children: ReactNode
}) {
  const { t } = useTranslation('result')
  const { question, text, asked, main } = node.step
  return (
    <div role="group" aria-label={t('path.question', { text, asked: percent(asked) })}>
      <p className={css.title} style={titlePlace(node, upright)} data-main={main}>
        {questionName(t, question)}
      </p>
      {children}
    </div>
  )
}

const bandsOf = ({ bands }: Layout, step: Step) =>
  bands.filter((b) => b.branch.question === step.question)

function titlePlace(node: Node, upright: boolean): CSSProperties {
  return upright
    ? { left: Math.max(0, node.v - node.size / 2), top: node.u }
    : { left: node.u, top: node.top }
}

interface AnswerProps {
  band: Band
  upright: boolean
  selected: boolean
  stop: boolean
  onSelect: (branch: Branch) => void
  onHover: (branch: Branch | null) => void
  onKeyDown: (event: KeyboardEvent, branch: Branch) => void
}

function Answer({ band, upright, selected, stop, onSelect, onHover, onKeyDown }: AnswerProps) {
  const { t } = useTranslation('result')
  const { branch, slot } = band
  const along = { start: slot.u - 8, length: slot.length + 16 }
  const style = upright
    ? {
        left: slot.top,
        top: along.start + 20,
        width: slot.size,
        height: along.length,
      }
    : { left: along.start, top: slot.top, width: along.length, height: slot.size }
  const rest = branch.text === ''
  const text = rest ? t('path.rest', { count: branch.members.length }) : branch.text
  return (
    <button
      type="button"
      className={css.answer}
      style={style}
      data-branch={branch.id}
      data-likely={branch.likely}
      data-beside={slot.soft < slot.size}
      aria-pressed={rest ? undefined : selected}
      aria-label={spoken(t, branch, text)}
      tabIndex={stop ? 0 : -1}
      onClick={() => onSelect(branch)}
      onFocus={() => !rest && onSelect(branch)}
      onKeyDown={(event) => onKeyDown(event, branch)}
      onPointerEnter={(event) => event.pointerType === 'mouse' && onHover(branch)}
      onPointerLeave={(event) => event.pointerType === 'mouse' && onHover(null)}
    >
      <span className={css.plate}>
        {text} <span className={css.share}>{percent(branch.fraction)}</span>
        {branch.folded && <span className={css.more}>{t('path.goesOn')}</span>}
      </span>
    </button>
  )
}

type T = ReturnType<typeof useTranslation<'result'>>['t']

function spoken(t: T, branch: Branch, text: string): string {
  const share = percent(branch.fraction)
  if (branch.text === '') return t('path.spokenRest', { text, share })
  const given = { text, share, low: percent(branch.low), high: percent(branch.high) }
  const said = branch.likely ? t('path.spokenLikely', given) : t('path.spoken', given)
  return branch.folded ? `${said} ${t('path.spokenFolded')}` : said
}
