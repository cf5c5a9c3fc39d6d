import { markTerms, withTerms } from './terms'

const ARM = { term: 'Arm' }
const SPIRAL_ARM = { term: 'Spiral arm' }
const SURVEY = { term: 'Survey' }
const Z = { term: 'z (redshift)' }
const TERMS = [ARM, SPIRAL_ARM, SURVEY, Z]

const found = (text: string, seen = new Set<{ term: string }>()) =>
  markTerms(text, TERMS, seen)
    .filter(({ term }) => term)
    .map(({ text: word, term }) => [word, term])

test('terms are whole words, whatever their case', () => {
  expect(found('An arm, no charm, arm-like')).toEqual([['arm', ARM]])
})

test('the longer term wins, and plurals count', () => {
  expect(found('Spiral arms in two surveys')).toEqual([
    ['Spiral arms', SPIRAL_ARM],
    ['surveys', SURVEY],
  ])
})

test('each is marked once in all texts that share what was seen', () => {
  const seen = new Set<{ term: string }>()
  expect(found('arm and arm', seen)).toHaveLength(1)
  expect(found('arm', seen)).toHaveLength(0)
})

test('what is in brackets belongs to the term, not to the word', () => {
  expect(found('at z of 2')).toEqual([['z', Z]])
})

test('no letter is lost', () => {
  const text = 'The spiral arms (an arm) of z. Done'
  expect(
    markTerms(text, TERMS, new Set())
      .map((stretch) => stretch.text)
      .join(''),
  ).toBe(text)
  expect(markTerms('', TERMS, new Set())).toEqual([])
  expect(markTerms('plain', [], new Set())).toEqual([{ text: 'plain', term: undefined }])
})

test('texts of one page are marked together, and links stay as they are', () => {
  const terms = [
    { id: 'arm', term: 'Arm' },
    { id: 'bar', term: 'Bar' },
    { id: 'disc', term: 'Disc' },
  ]
  expect(
    withTerms(
      ['<p>An <em>arm</em> &amp; <a href="/x">a bar</a></p>', '<p>arm, bar, discs</p>'],
      terms,
    ),
  ).toEqual([
    '<p>An <em><dfn data-term="arm">arm</dfn></em> &amp; <a href="/x">a bar</a></p>',
    '<p>arm, bar, <dfn data-term="disc">discs</dfn></p>',
  ])
})

test('ordinary words stay unmarked', () => {
  const terms = [{ id: 'stretch', term: 'Stretch' }]
  expect(withTerms(['<p>Orbits stretch.</p>'], terms)).toEqual(['<p>Orbits stretch.</p>'])
})
