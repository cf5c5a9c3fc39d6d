import type { Schemas } from '../../api/client'
import type { Judged } from '../../lib/card'

type Model = Schemas['ModelEntry']

/** What a record of the card is about, for people. */
export function nameOf(model: Model, id: string, kind: string): string {
  if (id === 'kind') return kind
  return (
    model.taxonomies.find((taxonomy) => taxonomy.id === id)?.name ??
    model.tree?.questions.find((question) => question.id === id)?.text ??
    id
  )
}

/** The answers, classes or kinds of a record, for people. `kinds` gives the words for kinds. */
export function namesOf(model: Model, record: Judged, kinds: (id: string) => string): string[] {
  const classes = model.taxonomies.find(({ id }) => id === record.id)?.classes ?? []
  const answers = model.tree?.questions.find(({ id }) => id === record.id)?.answers ?? []
  return record.answers.map(
    (id) =>
      classes.find((one) => one.id === id)?.name ??
      answers.find((one) => one.id === id)?.text ??
      (record.group === 'kind' ? kinds(id) : id),
  )
}
