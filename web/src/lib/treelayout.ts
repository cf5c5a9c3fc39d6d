import { depths, hanging, parentsOf, questionOf, type Tree } from './treemap'

/**
 * Places for the questions of a tree, drawn from the top down. Sideways the unit is the width of one answer, downwards it is a
 * rem, so that the drawing grows with the text.
 */
export interface Layout {
  width: number
  height: number
  boxes: Box[]
  lines: Line[]
}

export interface Box {
  question: string
  left: number
  top: number
  width: number
  height: number
}

/** From an answer to the question that it opens. */
export interface Line {
  answer: string
  question: string
  d: string
  /** Asked beside the flow. */
  aside: boolean
}

const LEAST = 3 // A question's text needs the width of three answers.
const TEXT = 4
const TILE = 4.25
const LETTERS = 9 // of a line below an answer's drawing
const BETWEEN = 2.75
const JOIN = 0.9
const GUTTER = 0.3

/** Where everything stands. */
export function layout(tree: Tree): Layout {
  const below = hanging(tree)
  const depth = depths(tree)
  const span = spans(tree, below, depth)
  const root = below.get('') ?? []
  const width = Math.max(...root.map(({ id }) => span.get(id) ?? 0))
  const rows = rowsOf(tree, depth)
  const boxes = new Map<string, Box>()
  const place = (id: string, from: number, over: number) => {
    const own = ownWidth(tree, id)
    const row = rows[depth.get(id) ?? 0] ?? { top: 0, height: 0 }
    boxes.set(id, {
      question: id,
      left: from + (over - own) / 2,
      top: row.top,
      width: own,
      height: row.height,
    })
    const hosts = answersOf(tree, id).filter((answer) => below.has(answer))
    const wanted = hosts.map((answer) => hostSpan(answer, below, depth, span))
    let at = from + (over - sum(wanted)) / 2
    hosts.forEach((answer, index) => {
      const wide = wanted[index] ?? 0
      for (const line of byRow(below.get(answer) ?? [], depth)) {
        const used = sum(line.map((question) => span.get(question.id) ?? 0))
        let x = at + (wide - used) / 2
        for (const question of line) {
          const its = span.get(question.id) ?? 0
          place(question.id, x, its)
          x += its
        }
      }
      at += wide
    })
  }
  for (const { id } of root) place(id, 0, width)
  const last = rows.at(-1)
  return {
    width,
    height: last ? last.top + last.height : 0,
    boxes: [...boxes.values()],
    lines: linesOf(tree, boxes),
  }
}

/** Middle of an answer, sideways. */
export function answerAt(tree: Tree, box: Box, answer: string): number {
  const shares = sharesOf(tree, box.question)
  const at = shares.findIndex(({ id }) => id === answer)
  const before = sum(shares.slice(0, at).map(({ share }) => share))
  return box.left + box.width * (before + (shares[at]?.share ?? 0) / 2)
}

/** The answers of a question, with the share of its width that each takes: more where a word is long. */
export function sharesOf(tree: Tree, question: string): { id: string; share: number }[] {
  const widths = widthsOf(tree, question)
  const whole = sum(widths)
  return answersOf(tree, question).map((id, at) => ({ id, share: (widths[at] ?? 0) / whole }))
}

function spans(
  tree: Tree,
  below: ReturnType<typeof hanging>,
  depth: Map<string, number>,
): Map<string, number> {
  const span = new Map<string, number>()
  const deepestFirst = [...tree.questions].sort(
    (a, b) => (depth.get(b.id) ?? 0) - (depth.get(a.id) ?? 0),
  )
  for (const { id, answers } of deepestFirst) {
    const under = answers.map((answer) => hostSpan(answer.id, below, depth, span))
    span.set(id, Math.max(ownWidth(tree, id), sum(under)))
  }
  return span
}

/** The width of all that hangs below an answer: that of its widest row, with a gutter for lines that pass by. */
function hostSpan(
  answer: string,
  below: ReturnType<typeof hanging>,
  depth: Map<string, number>,
  span: Map<string, number>,
): number {
  const lines = byRow(below.get(answer) ?? [], depth)
  if (lines.length === 0) return 0
  const widest = Math.max(...lines.map((line) => sum(line.map(({ id }) => span.get(id) ?? 0))))
  return widest + 2 * GUTTER
}

function byRow<T extends { id: string }>(questions: readonly T[], depth: Map<string, number>) {
  const rows = new Map<number, T[]>()
  for (const question of questions) {
    const row = depth.get(question.id) ?? 0
    rows.set(row, [...(rows.get(row) ?? []), question])
  }
  return [...rows.values()]
}

function rowsOf(tree: Tree, depth: Map<string, number>): { top: number; height: number }[] {
  const heights: number[] = []
  for (const { id, answers } of tree.questions) {
    const row = depth.get(id) ?? 0
    const lines = Math.max(...answers.map(({ text }) => linesNeeded(text)))
    heights[row] = Math.max(heights[row] ?? 0, TEXT + TILE + 1.25 * lines)
  }
  let top = 0
  return heights.map((height) => {
    const row = { top, height }
    top += height + BETWEEN
    return row
  })
}

/** Lines of a text that is broken between words. */
function linesNeeded(text: string): number {
  let lines = 1
  let used = 0
  for (const word of text.split(' ')) {
    if (used > 0 && used + 1 + word.length > LETTERS) {
      lines += 1
      used = word.length
    } else {
      used += (used > 0 ? 1 : 0) + word.length
    }
  }
  return lines
}

function linesOf(tree: Tree, boxes: Map<string, Box>): Line[] {
  const lines: Line[] = []
  for (const [question, answers] of parentsOf(tree)) {
    const to = boxes.get(question)
    for (const source of new Set(answers.map(questionOf))) {
      const group = answers.filter((answer) => questionOf(answer) === source)
      const from = boxes.get(source)
      if (!from || !to) continue
      const aside = tree.also_asked[question]?.includes(group[0] ?? '') ?? false
      const starts = group.map((answer) => answerAt(tree, from, answer))
      const on = path({ middle: sum(starts) / starts.length, from, to, boxes: [...boxes.values()] })
      group.forEach((answer, at) => {
        lines.push({ answer, question, d: on(starts[at] ?? 0), aside })
      })
    }
  }
  return lines
}

/** For all answers that open the same question: down from each, together into one line, past what stands between, and into the question. */
function path({
  middle,
  from,
  to,
  boxes,
}: {
  middle: number
  from: Box
  to: Box
  boxes: Box[]
}): (start: number) => string {
  const end = to.left + to.width / 2
  const bottom = from.top + from.height
  const joined = bottom + JOIN
  const between = boxes.filter((box) => box.top > from.top && box.top < to.top)
  const rest =
    between.length === 0
      ? curve(middle, joined, end, to.top)
      : [
          curve(middle, joined, wayPast(middle, between), bottom + BETWEEN),
          `V${r(to.top - BETWEEN)}`,
          curve(wayPast(middle, between), to.top - BETWEEN, end, to.top),
        ].join(' ')
  return (start) => `M${r(start)} ${r(bottom)} ${curve(start, bottom, middle, joined)} ${rest}`
}

/** The nearest place to `x` where a line goes down without crossing a box. */
function wayPast(x: number, boxes: readonly Box[]): number {
  const free = (at: number) =>
    boxes.every(({ left, width }) => at <= left - GUTTER / 2 || at >= left + width + GUTTER / 2)
  const edges = boxes.flatMap(({ left, width }) => [left - GUTTER / 2, left + width + GUTTER / 2])
  const found = [x, ...edges].filter(free).sort((a, b) => Math.abs(a - x) - Math.abs(b - x))
  return found[0] ?? x
}

function curve(x0: number, y0: number, x1: number, y1: number): string {
  const half = (y0 + y1) / 2
  return `C${r(x0)} ${r(half)} ${r(x1)} ${r(half)} ${r(x1)} ${r(y1)}`
}

function ownWidth(tree: Tree, id: string): number {
  return Math.max(LEAST, sum(widthsOf(tree, id)))
}

function widthsOf(tree: Tree, id: string): number[] {
  const answers = tree.questions.find((question) => question.id === id)?.answers ?? []
  return answers.map(({ text }) => {
    const longest = Math.max(...text.split(' ').map((word) => word.length))
    return Math.max(1, (longest + 1) / LETTERS)
  })
}

function answersOf(tree: Tree, id: string): string[] {
  return tree.questions.find((question) => question.id === id)?.answers.map((a) => a.id) ?? []
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function r(value: number): number {
  return Math.round(value * 1000) / 1000
}
