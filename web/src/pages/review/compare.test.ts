import type { Schemas } from '../../api/client'
import type { Tree } from '../../lib/walk'
import { compare } from './compare'

const tree: Tree = {
  id: 'test',
  name: 'Test',
  questions: [
    {
      id: 'bar',
      text: 'A bar?',
      answers: ['yes', 'no', 'unsure'].map((id) => ({
        id: `bar.${id}`,
        text: id,
        next: null,
        column: '',
      })),
    },
    { id: 'odd', text: 'Odd?', answers: [] },
  ],
  also_asked: {},
}

const fraction = (id: string, value: number) => ({ id, fraction: value })
const item = (questions: Record<string, Record<string, number>>) =>
  ({
    tally: { votes: 4, questions, mine: {} },
    classification: {
      kind: { probabilities: { galaxy: 0.97, nebula: 0.02, none: 0.01 } },
      answers: [fraction('bar.yes', 0.3), fraction('bar.no', 0.65), fraction('bar.unsure', 0.05)],
    },
  }) as unknown as Schemas['ReviewItem']

test('people and the model stand side by side where somebody voted', () => {
  expect(compare(tree, item({ bar: { 'bar.yes': 3, 'bar.no': 1 } }))).toEqual([
    {
      id: 'bar',
      text: 'A bar?',
      votes: 4,
      answers: [
        { id: 'bar.yes', text: 'yes', people: 0.75, model: 0.3 },
        { id: 'bar.no', text: 'no', people: 0.25, model: 0.65 },
      ],
    },
  ])
})

test('the kind comes first, and what nobody says is left out', () => {
  const [kind, bar] = compare(tree, item({ kind: { nebula: 2 }, bar: { 'bar.unsure': 1 } }))
  expect(kind?.answers.map(({ id }) => id)).toEqual(['galaxy', 'nebula'])
  expect(bar?.answers.map(({ id }) => id)).toEqual(['bar.yes', 'bar.no', 'bar.unsure'])
})

test('without votes there is nothing to compare', () => {
  expect(compare(tree, item({}))).toEqual([])
  expect(compare(null, item({ bar: { 'bar.yes': 1 } }))).toEqual([])
})
