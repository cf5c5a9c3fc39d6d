import type { Schemas } from '../api/client'

export type Tree = Schemas['TreeEntry']
export type Question = Schemas['TreeQuestion']

/** The question with an id; undefined where the tree has none. */
export function questionOf(tree: Tree, id: string): Question | undefined {
  return tree.questions.find((question) => question.id === id)
}

/** An answer's words. */
export function answerText(tree: Tree, id: string): string {
  for (const question of tree.questions) {
    for (const answer of question.answers) if (answer.id === id) return answer.text
  }
  return id
}

/**
 * What is asked after these answers; undefined at an end of the tree. A question that is asked beside the flow comes right after
 * the answer that opens it, while one still looks at the same thing.
 */
export function nextQuestion(
  tree: Tree,
  answers: readonly string[],
  first = tree.questions[0]?.id,
): Question | undefined {
  let flow = first ?? null
  const beside: string[] = []
  for (const given of answers) {
    const aside = beside.shift()
    const question = questionOf(tree, aside ?? flow ?? '')
    const answer = question?.answers.find(({ id }) => id === given)
    if (!answer) return undefined
    if (aside === undefined) flow = answer.next
    for (const [id, openers] of Object.entries(tree.also_asked)) {
      if (openers.includes(given)) beside.push(id)
    }
  }
  return questionOf(tree, beside[0] ?? flow ?? '')
}

/** Answers by question id, as votes want them. */
export function answersByQuestion(tree: Tree, answers: readonly string[]): Record<string, string> {
  const pairs = tree.questions.flatMap((question) =>
    question.answers.filter(({ id }) => answers.includes(id)).map(({ id }) => [question.id, id]),
  )
  return Object.fromEntries(pairs) as Record<string, string>
}
