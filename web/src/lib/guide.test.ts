import { beside, byLetter, fold, galleryClasses, pageFor, search } from './guide'

const page = (id: string, title: string, over: object = {}) => ({
  id,
  title,
  family: 'class' as const,
  summary: '',
  answers: [],
  classes: [],
  kinds: [],
  picture: null,
  ...over,
})

const PAGES = [
  page('elliptical', 'Elliptical galaxy', { summary: 'No arms.', answers: ['a.smooth'] }),
  page('arms', 'Arms', { answers: ['arms.1', 'arms.2'] }),
  page('one-arm', 'One arm', { answers: ['arms.1'], kinds: ['odd'] }),
]

test('a title counts more than a summary', () => {
  expect(search(PAGES, 'ARMS').map((p) => p.id)).toEqual(['arms', 'elliptical'])
})

test('every word must be there', () => {
  expect(search(PAGES, 'elliptical arms').map((p) => p.id)).toEqual(['elliptical'])
  expect(search(PAGES, 'elliptical bar')).toEqual([])
})

test('nothing typed finds all, in their order', () => {
  expect(search(PAGES, '  ')).toEqual(PAGES)
})

test('of several pages the most specific explains an answer', () => {
  expect(pageFor(PAGES, { answer: 'a.smooth' })?.id).toBe('elliptical')
  expect(pageFor(PAGES, { answer: 'arms.2' })?.id).toBe('arms')
  expect(pageFor(PAGES, { kind: 'odd' })?.id).toBe('one-arm')
  expect(pageFor(PAGES, { class: 'hubble:spiral' })).toBeUndefined()
  expect(pageFor(PAGES, {})).toBeUndefined()
})

test('before the first page and after the last there is none', () => {
  expect(beside(PAGES, 'elliptical')).toEqual({ before: undefined, after: PAGES[1] })
  expect(beside(PAGES, 'one-arm').after).toBeUndefined()
  expect(beside(PAGES, 'missing')).toEqual({ before: undefined, after: undefined })
})

test('terms are grouped by letter, accents aside', () => {
  const terms = [{ term: 'Ångström' }, { term: 'arm' }, { term: '21 cm line' }, { term: 'Bar' }]
  expect(byLetter(terms).map(([letter, group]) => [letter, group.length])).toEqual([
    ['#', 1],
    ['A', 2],
    ['B', 1],
  ])
})

test('accents and capitals do not matter', () => {
  expect(fold('Boötes')).toBe('bootes')
})

test('the gallery names answers and kinds as classes', () => {
  const bar = page('bar', 'Bar', { answers: ['bar.yes'], classes: ['a:barred'], kinds: ['galaxy'] })
  expect(galleryClasses(bar)).toEqual(['a:barred', 'bar:yes', 'kind:galaxy'])
})
