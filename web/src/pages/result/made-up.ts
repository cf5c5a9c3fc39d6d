import type { Classification, Schemas } from '../../api/client'

type Tree = Schemas['TreeEntry']

const question = (id: string, answers: readonly (readonly [string, string | null])[]) => ({
  id,
  text: `What about ${id}?`,
  answers: answers.map(([name, next]) => ({
    id: `${id}.${name}`,
    text: name,
    next,
    column: name,
  })),
})

/** A tree small enough to be read, with a join, a shortcut and a question beside the flow. */
export const TREE: Tree = {
  id: 'made-up',
  name: 'Made up',
  questions: [
    question('root', [
      ['smooth', 'round'],
      ['disc', 'bar'],
      ['star', null],
    ]),
    question('round', [
      ['yes', 'odd'],
      ['no', 'odd'],
    ]),
    question('bar', [
      ['yes', 'arms'],
      ['no', 'arms'],
    ]),
    question('arms', [
      ['yes', 'count'],
      ['no', 'odd'],
    ]),
    question('count', [
      ['one', 'odd'],
      ['two', 'odd'],
      ['three', 'odd'],
      ['more', 'odd'],
    ]),
    question('odd', [
      ['yes', null],
      ['no', null],
    ]),
    question('sense', [
      ['left', null],
      ['right', null],
    ]),
  ],
  also_asked: { sense: ['arms.yes'] },
}

/** Made-up shares of those who are asked. */
const SHARES: Record<string, number> = {
  'root.smooth': 0.1,
  'root.disc': 0.88,
  'root.star': 0.02,
  'round.yes': 0.7,
  'round.no': 0.3,
  'bar.yes': 0.3,
  'bar.no': 0.7,
  'arms.yes': 0.8,
  'arms.no': 0.2,
  'count.one': 0.02,
  'count.two': 0.95,
  'count.three': 0.02,
  'count.more': 0.01,
  'odd.yes': 0.1,
  'odd.no': 0.9,
  'sense.left': 0.6,
  'sense.right': 0.4,
}

/** A made-up answer of that tree, with consistent shares. */
export function madeUpAnswer(change: Partial<Classification> = {}): Classification {
  const asked = {
    root: 1,
    round: 0.1,
    bar: 0.88,
    arms: 0.88,
    count: 0.704,
    odd: 0.98,
    sense: 0.704,
  }
  const answers = Object.entries(SHARES).map(([id, fraction]) => {
    const [name = ''] = id.split('.')
    return {
      id,
      question: name,
      text: id,
      column: id,
      fraction,
      low: fraction / 2,
      high: (1 + fraction) / 2,
      cumulative: fraction * (Object.entries(asked).find(([q]) => q === name)?.[1] ?? 0),
      confidence: fraction,
    }
  })
  return {
    request_id: 'made-up',
    id: 'made-up',
    path: '',
    model: 'made-up@1',
    flags: [],
    error: null,
    kind: {
      id: 'galaxy',
      name: 'galaxy',
      confidence: 0.97,
      chance: 'very likely',
      probabilities: { galaxy: 0.97, nebula: 0.02, none: 0.01 },
      answer_set: ['galaxy'],
    },
    sentence: 'Likely a made-up galaxy.',
    path_taken: ['root.disc', 'bar.no', 'arms.yes', 'sense.left', 'count.two', 'odd.no'],
    rolled_up: ['root.disc', 'bar.no'],
    answer_sets: {},
    strangeness: 0,
    classes: {},
    asked,
    answers,
    frame: { x: 10, y: 20, side: 50, width: 100, height: 80 },
    evidence: null,
    evidence_of: '',
    embedding: null,
    shape: null,
    look_alikes: [],
    lesson: '',
    display: null,
    result: null,
    ...change,
  }
}
