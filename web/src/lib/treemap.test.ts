import { TREE } from './tree.fixture'
import { depths, hanging, neededFor, routeTo } from './treemap'

test('what is needed is what all ways have in common', () => {
  const needed = neededFor(TREE)
  expect(needed.get('smooth-or-features')).toEqual([])
  // With a bar and without: neither is needed.
  expect(needed.get('spiral')).toEqual(['smooth-or-features.features', 'edge-on.no'])
  expect(needed.get('bulge')).toEqual(['smooth-or-features.features', 'edge-on.no'])
  expect(needed.get('odd')).toEqual([])
  expect(needed.get('odd-feature')).toEqual(['odd.yes'])
})

test('a question comes below all that lead to it', () => {
  const depth = depths(TREE)
  for (const { id, answers } of TREE.questions) {
    for (const { next } of answers) {
      if (next) expect(depth.get(next)).toBeGreaterThan(depth.get(id) ?? NaN)
    }
  }
  expect(depth.get('sense')).toBe(depth.get('arm-winding'))
})

test('every question hangs somewhere, once', () => {
  const below = hanging(TREE)
  const all = [...below.values()].flat().map(({ id }) => id)
  expect([...all].sort()).toEqual(TREE.questions.map(({ id }) => id).sort())
  expect(below.get('')?.map(({ id }) => id)).toEqual(['smooth-or-features', 'odd'])
  expect(below.get('edge-on.no')?.map(({ id }) => id)).toEqual(['bar', 'spiral', 'bulge'])
  expect(below.get('spiral.yes')?.map(({ id }) => id)).toEqual([
    'arm-winding',
    'sense',
    'arm-number',
  ])
})

test('the route to an answer ends with it', () => {
  expect(routeTo(TREE, 'arm-number.2')).toEqual([
    'smooth-or-features.features',
    'edge-on.no',
    'spiral.yes',
    'arm-number.2',
  ])
  expect(routeTo(TREE, 'smooth-or-features.star')).toEqual(['smooth-or-features.star'])
})
