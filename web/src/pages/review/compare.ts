import type { Schemas } from '../../api/client'
import type { Tree } from '../../lib/walk'

export interface Compared {
  id: string
  /** The question; empty for the kind of object, which the tree does not ask. */
  text: string
  votes: number
  answers: { id: string; text: string; people: number; model: number }[]
}

// Answers that nobody gave and the model hardly expects are left out.
const LEAST = 0.1

/** For each question that somebody has answered, people's shares and the model's, in the order of the tree. */
export function compare(tree: Tree | null, item: Schemas['ReviewItem']): Compared[] {
  const { tally, classification: said } = item
  const shares = (found: Record<string, number>) => {
    const votes = Object.values(found).reduce((sum, n) => sum + n, 0)
    return { votes, share: (id: string) => (votes > 0 ? (found[id] ?? 0) / votes : 0) }
  }
  const kinds = tally.questions['kind']
  const compared: Compared[] = []
  if (kinds && said.kind) {
    const { votes, share } = shares(kinds)
    const answers = Object.entries(said.kind.probabilities).map(([id, model]) => ({
      id,
      text: id,
      people: share(id),
      model,
    }))
    compared.push({ id: 'kind', text: '', votes, answers })
  }
  for (const question of tree?.questions ?? []) {
    const found = tally.questions[question.id]
    if (!found) continue
    const { votes, share } = shares(found)
    const answers = question.answers.map(({ id, text }) => ({
      id,
      text,
      people: share(id),
      model: said.answers.find((answer) => answer.id === id)?.fraction ?? 0,
    }))
    compared.push({ id: question.id, text: question.text, votes, answers })
  }
  return compared
    .filter(({ votes }) => votes > 0)
    .map(({ answers, ...rest }) => ({
      ...rest,
      answers: answers.filter(({ people, model }) => people > 0 || model >= LEAST),
    }))
}
