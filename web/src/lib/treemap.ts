import type { Schemas } from '../api/client'

export type Tree = Schemas['TreeEntry']
type Question = Schemas['TreeQuestion']

/** Answers that everyone gave who is asked a question, in the order of the tree; with several ways to it, what all have in common. */
export function neededFor(tree: Tree): Map<string, string[]> {
  const parents = parentsOf(tree)
  const needed = new Map<string, string[]>()
  for (const id of inOrder(tree)) {
    const ways = (parents.get(id) ?? []).map((answer) => [
      ...(needed.get(questionOf(answer)) ?? []),
      answer,
    ])
    const [first = [], ...others] = ways
    needed.set(
      id,
      first.filter((answer) => others.every((way) => way.includes(answer))),
    )
  }
  return needed
}

/** The answers that open a question. */
export function parentsOf(tree: Tree): Map<string, string[]> {
  const parents = new Map<string, string[]>(tree.questions.map(({ id }) => [id, []]))
  for (const { answers } of tree.questions) {
    for (const { id, next } of answers) if (next !== null) parents.get(next)?.push(id)
  }
  for (const [asked, answers] of Object.entries(tree.also_asked)) {
    parents.get(asked)?.push(...answers)
  }
  return parents
}

/** How many questions come before each, by the longest way. */
export function depths(tree: Tree): Map<string, number> {
  const parents = parentsOf(tree)
  const depth = new Map<string, number>()
  for (const id of inOrder(tree)) {
    const before = (parents.get(id) ?? []).map((answer) => depth.get(questionOf(answer)) ?? 0)
    depth.set(id, before.length === 0 ? 0 : Math.max(...before) + 1)
  }
  return depth
}

/** The questions that hang below each answer; those that many ways lead to hang below `''`, after the first question. */
export function hanging(tree: Tree): Map<string, Question[]> {
  const needed = neededFor(tree)
  const order = inOrder(tree)
  const below = new Map<string, Question[]>()
  const questions = [...tree.questions].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
  for (const question of questions) {
    const host = needed.get(question.id)?.at(-1) ?? ''
    below.set(host, [...(below.get(host) ?? []), question])
  }
  return below
}

/** The answers that lead from the first question to an answer, itself last: by the shortest way through what is always needed. */
export function routeTo(tree: Tree, answer: string): string[] {
  return [...(neededFor(tree).get(questionOf(answer)) ?? []), answer]
}

/** Questions such that each comes after all that lead to it. */
function inOrder(tree: Tree): string[] {
  const parents = parentsOf(tree)
  const done: string[] = []
  let waiting = tree.questions.map(({ id }) => id)
  while (waiting.length > 0) {
    const ready = waiting.filter((id) =>
      (parents.get(id) ?? []).every((answer) => done.includes(questionOf(answer))),
    )
    // A tree has no circle; were there one, its questions come as they are listed.
    done.push(...(ready.length > 0 ? ready : waiting))
    waiting = waiting.filter((id) => !done.includes(id))
  }
  return done
}

export function questionOf(answer: string): string {
  return answer.split('.')[0] ?? ''
}
