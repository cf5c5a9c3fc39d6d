import type { Classification, Schemas } from '../../../api/client'

type Tree = Schemas['TreeEntry']

/** One answer as the drawing shows it, or several that few would give. */
export interface Branch {
  /** The answer's id; `question:rest` for several. */
  id: string
  question: string
  /** Empty for several. */
  text: string
  members: string[]
  /** The question that it leads to, where that is drawn. */
  target: string | null
  /** The question that it leads to, where that is not drawn. */
  folded: string | null
  fraction: number
  low: number
  high: number
  /** Share of everyone; the band is as thick as that. */
  share: number
  /** It lies on the most probable path. */
  likely: boolean
}

/** A question that is drawn, with its answers, the likely one first. */
export interface Step {
  question: string
  text: string
  /** Share of everyone who is asked. */
  asked: number
  /** It lies on the most probable path. */
  main: boolean
  /** How many questions lie before it, at most. */
  depth: number
  branches: Branch[]
}

interface Options {
  /** Folded questions and `question:rest` that the visitor has opened. */
  opened: ReadonlySet<string>
  /** Most answers that a question shows side by side. */
  most: number
}

// A question that this share of everyone comes to is drawn without being asked for.
const OFTEN = 0.33
// Fewer than that are drawn together with the other rare answers.
const RARE = 0.04

/** The part of the tree that can be read at a glance: the likely path, what is often asked, and what the visitor opened. */
export function stepsOf(tree: Tree, answer: Classification, { opened, most }: Options): Step[] {
  const shown = shownQuestions(tree, answer, opened)
  const depth = depths(tree, shown)
  const taken = new Set(answer.path_taken)
  return tree.questions
    .filter((q) => shown.has(q.id))
    .map((q, index) => ({
      index,
      step: {
        question: q.id,
        text: q.text,
        asked: answer.asked[q.id] ?? 1,
        main: q.answers.some((a) => taken.has(a.id)),
        depth: depth.get(q.id) ?? 0,
        branches: branchesOf(q, answer, { opened, most, shown }),
      },
    }))
    .sort(
      (a, b) =>
        a.step.depth - b.step.depth ||
        Number(b.step.main) - Number(a.step.main) ||
        a.index - b.index,
    )
    .map(({ step }) => step)
}

/** Questions that are asked beside the flow of the tree; the drawing cannot hold them. */
export function besides(tree: Tree, answer: Classification): Schemas['TreeQuestion'][] {
  return tree.questions.filter(
    (q) => q.id in tree.also_asked && q.answers.some((a) => answer.path_taken.includes(a.id)),
  )
}

/** The questions that are drawn. */
export function shownQuestions(
  tree: Tree,
  answer: Classification,
  opened: ReadonlySet<string>,
): Set<string> {
  const taken = new Set(answer.path_taken)
  const root = tree.questions[0]?.id
  const wanted = tree.questions.filter(
    (q) =>
      !(q.id in tree.also_asked) &&
      (q.id === root ||
        opened.has(q.id) ||
        (answer.asked[q.id] ?? 1) >= OFTEN ||
        q.answers.some((a) => taken.has(a.id))),
  )
  const ids = new Set(wanted.map((q) => q.id))
  // What nothing leads to any more, because its parents are folded, goes with them.
  const reached = new Set<string>()
  const visit = (id: string) => {
    if (!ids.has(id) || reached.has(id)) return
    reached.add(id)
    for (const a of tree.questions.find((q) => q.id === id)?.answers ?? []) {
      if (a.next) visit(a.next)
    }
  }
  if (root) visit(root)
  return reached
}

function depths(tree: Tree, shown: ReadonlySet<string>): Map<string, number> {
  const depth = new Map<string, number>()
  const visit = (id: string, at: number) => {
    if (!shown.has(id) || (depth.get(id) ?? -1) >= at) return
    depth.set(id, at)
    const question = tree.questions.find((q) => q.id === id)
    for (const next of new Set(question?.answers.map((a) => a.next))) {
      if (next) visit(next, at + 1)
    }
  }
  const root = tree.questions[0]
  if (root) visit(root.id, 0)
  return depth
}

function branchesOf(
  question: Schemas['TreeQuestion'],
  answer: Classification,
  { opened, most, shown }: Options & { shown: ReadonlySet<string> },
): Branch[] {
  const taken = new Set(answer.path_taken)
  const estimates = new Map(answer.answers.map((a) => [a.id, a]))
  const all = question.answers
    .map((a): Branch => {
      const e = estimates.get(a.id)
      const seen = a.next !== null && shown.has(a.next)
      return {
        id: a.id,
        question: question.id,
        text: a.text,
        members: [a.id],
        target: seen ? a.next : null,
        folded: seen ? null : a.next,
        fraction: e?.fraction ?? 0,
        low: e?.low ?? 0,
        high: e?.high ?? 0,
        share: e?.cumulative ?? 0,
        likely: taken.has(a.id),
      }
    })
    .sort((a, b) => Number(b.likely) - Number(a.likely) || b.fraction - a.fraction)
  if (opened.has(`${question.id}:rest`)) return all
  const common = all.filter((b) => b.likely || b.fraction >= RARE || opened.has(b.target ?? ''))
  const fits = all.length <= most && all.length - common.length < 2
  const kept = fits ? all : common.slice(0, Math.max(1, most - 1))
  const rest = all.filter((b) => !kept.includes(b))
  return rest.length > 1 ? [...kept, together(question.id, rest)] : all
}

function together(question: string, rest: readonly Branch[]): Branch {
  const sum = (of: (b: Branch) => number) => rest.reduce((total, b) => total + of(b), 0)
  const targets = new Set(rest.map((b) => b.target))
  const [target] = targets
  const fraction = sum((b) => b.fraction)
  return {
    id: `${question}:rest`,
    question,
    text: '',
    members: rest.map((b) => b.id),
    target: targets.size === 1 ? (target ?? null) : null,
    folded: null,
    fraction,
    low: fraction,
    high: fraction,
    share: sum((b) => b.share),
    likely: false,
  }
}
