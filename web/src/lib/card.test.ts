import { readCard } from './card'

const ESTIMATE = { value: 0.9, low: 0.85, high: 0.94, n: 120 }

const CARD = {
  title: 'A network',
  looks: 4,
  preprocess: { size: 128 },
  bytes: { int8: 4_500_000 },
  train: { gz1: 5316, own: 10 },
  sources: { gz1: 'Galaxy Zoo 1' },
  exclude_licences: ['NC'],
  measures: {
    scores: { gz1_accuracy: ESTIMATE },
    confidence: {
      interval_coverage: 0.88,
      bar: {
        group: 'question',
        answers: ['bar.yes', 'bar.no'],
        counts: [
          [4, 4],
          [0, 18],
        ],
        accuracy: ESTIMATE,
        ece_after: 0.1,
        ece_floor: 0.12,
        bins: [[0.5, 1, 2]],
      },
    },
    rejection: {
      known_flagged: 0.03,
      sorts: { page: { title: 'pages', near: false, flagged: 1 } },
    },
    stability: {
      pictures: 400,
      confident: 0.8,
      changed: { flip: { title: 'mirrored', hubble: ESTIMATE } },
    },
  },
}

test('a whole card is read', () => {
  const card = readCard(CARD)
  expect(card).toMatchObject({ title: 'A network', looks: 4, pixels: 128, bytes: 4_500_000 })
  expect(card.sources).toEqual([
    { id: 'gz1', name: 'Galaxy Zoo 1', pictures: 5316 },
    { id: 'own', name: 'own', pictures: 10 },
  ])
  expect(card.records).toHaveLength(1)
  expect(card.records[0]?.bins).toEqual([{ confidence: 0.5, right: 1, count: 2 }])
  expect(card.intervals).toBe(0.88)
  expect(card.strangers).toEqual([{ id: 'page', title: 'pages', near: false, flagged: 1 }])
  expect(card.stability?.taxonomies).toEqual(['hubble'])
  expect(card.stability?.rows[0]?.changed[0]).toEqual(ESTIMATE)
})

test.each([
  {},
  { measures: null, train: [], sources: 3, preprocess: 'none' },
  { measures: { scores: { a: 'good' }, confidence: { b: { group: 'other' } }, rejection: [] } },
  { train: { a: 'many' }, measures: { stability: { pictures: 3 } } },
])('what is missing or wrong is left out: %j', (broken) => {
  expect(readCard(broken)).toMatchObject({
    title: '',
    sources: [],
    scores: [],
    records: [],
    strangers: [],
    stability: undefined,
  })
})
