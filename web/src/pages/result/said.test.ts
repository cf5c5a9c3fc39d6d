import { madeUpAnswer } from './made-up'
import { certainty, mayBeGalaxy, schemesOf, standing } from './said'

const KIND = {
  id: 'galaxy',
  name: 'galaxy',
  confidence: 0.99,
  chance: 'virtually certain',
  probabilities: {},
  answer_set: [],
}
const [blank] = madeUpAnswer().answers
const estimate = (id: string, confidence: number) => {
  if (!blank) throw new Error('no answers')
  return { ...blank, id, confidence }
}

test('the sentence is as sure as the least sure of what it names', () => {
  const answer = madeUpAnswer({
    kind: KIND,
    answers: [estimate('smooth-or-features.features', 0.95), estimate('bar.no', 0.7)],
    rolled_up: ['smooth-or-features.features', 'bar.no'],
  })
  expect(certainty(answer)).toBe(0.95)
})

test('another kind of object is as sure as itself', () => {
  const answer = madeUpAnswer({ kind: { ...KIND, id: 'nebula', confidence: 0.8 } })
  expect(certainty(answer)).toBe(0.8)
  expect(mayBeGalaxy(answer)).toBe(false)
})

test('a model without kinds takes everything for a galaxy', () => {
  expect(mayBeGalaxy(madeUpAnswer({ kind: null }))).toBe(true)
})

test.each([
  [{ kind: KIND }, 'answered'],
  [{ kind: { ...KIND, id: 'none' } }, 'other'],
  [{ kind: KIND, flags: [{ code: 'unfamiliar', text: '' }] }, 'unfamiliar'],
  [{ kind: KIND, flags: [{ code: 'unsure', text: '' }] }, 'undecided'],
])('%o is %s', (change, how) => {
  expect(standing(madeUpAnswer(change))).toBe(how)
})

test("the model's own classes come first, then the schemes people ask for", () => {
  const scheme = (id: string, learned = false) => ({ id, name: id, learned, classes: [] })
  const choice = {
    taxonomy: '',
    number: 0,
    id: '',
    name: '',
    confidence: 1,
    chance: '',
    coverage: 1,
    probabilities: [],
    answer_set: [],
  }
  const answer = madeUpAnswer({
    classes: { five: choice, hubble: choice, own: choice, galaxy_zoo_1: choice },
  })
  const all = ['five', 'galaxy_zoo_1', 'hubble', 'galaxy10_sdss'].map((id) => scheme(id))
  expect(schemesOf(answer, [...all, scheme('own', true)]).map((s) => s.id)).toEqual([
    'own',
    'hubble',
    'galaxy_zoo_1',
    'five',
  ])
})
