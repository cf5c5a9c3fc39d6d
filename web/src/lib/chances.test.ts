import { chanceWords, isSaid } from './chances'

test.each([
  [0.99, 'certain'],
  [0.98, 'veryLikely'],
  [0.9, 'veryLikely'],
  [0.66, 'likely'],
  [0.65, 'either'],
  [0.33, 'either'],
  [0.32, 'unlikely'],
])('%f is %s', (chance, words) => {
  expect(chanceWords(chance)).toBe(words)
})

test('what is likely is said', () => {
  expect([0.65, 0.66].map(isSaid)).toEqual([false, true])
})
