import { FORK, nodesFor, nodesOf, pageOfNode } from './fork'

const nodes = FORK.flatMap((branch) => branch.nodes)
const entry = (id: string, over: object) => ({
  id,
  title: id,
  family: 'class' as const,
  summary: '',
  answers: [],
  classes: [],
  kinds: [],
  picture: null,
  ...over,
})
const SMOOTH = 'smooth-or-features.smooth'
const DISC = 'smooth-or-features.features'

test('the fork has sixteen types, each once', () => {
  expect(new Set(nodes.map(({ id }) => id)).size).toBe(16)
  expect(nodes).toHaveLength(16)
})

test.each([
  [
    [SMOOTH, 'roundness.round'],
    ['E0', 'E1'],
  ],
  [[SMOOTH], ['E0', 'E1', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7']],
  [[DISC, 'edge-on.no', 'bar.yes', 'spiral.yes', 'arm-winding.medium', 'arm-number.2'], ['SBb']],
  [
    [DISC, 'edge-on.no', 'spiral.yes', 'arm-winding.tight'],
    ['Sa', 'SBa'],
  ],
  [[DISC, 'edge-on.no', 'bar.no', 'spiral.no'], ['S0']],
  [[SMOOTH, 'roundness.cigar', 'odd.yes', 'odd-feature.irregular'], ['Irr']],
  [['smooth-or-features.star'], []],
  [[], []],
])('%j belongs to %j', (answers, where) => {
  expect(nodesFor({ answers, kind: 'galaxy' })).toEqual(where)
})

test('what is no galaxy has no place', () => {
  expect(nodesFor({ answers: [SMOOTH], kind: 'nebula' })).toEqual([])
})

test('a type leads to the first page that the guide has for it', () => {
  const spirals = entry('spirals', { classes: ['hubble:spiral'] })
  const barred = entry('barred', { classes: ['galaxy10_decals:barred'] })
  const sbb = nodes.find(({ id }) => id === 'SBb')
  if (!sbb) throw new Error('no SBb')
  expect(pageOfNode(sbb, [spirals, barred])?.id).toBe('barred')
  expect(pageOfNode(sbb, [spirals])?.id).toBe('spirals')
  expect(pageOfNode(sbb, [])).toBeUndefined()
  expect(nodesOf(barred, [spirals, barred])).toEqual(['SBa', 'SBb', 'SBc'])
})
