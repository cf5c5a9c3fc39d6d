import type { Schemas } from '../api/client'
import { pageFor, type Wanted } from './guide'
import type { Last } from './last'
import { type Mark, disc, sketchOfAnswer, smooth } from './sketch'

type Entry = Schemas['GuideEntry']

const ELLIPTICAL = ['E0', 'E1', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7'] as const
const UNBARRED = ['Sa', 'Sb', 'Sc'] as const
const BARRED = ['SBa', 'SBb', 'SBc'] as const
export type NodeId =
  (typeof ELLIPTICAL)[number] | (typeof UNBARRED)[number] | (typeof BARRED)[number] | 'S0' | 'Irr'

/** A type on Hubble's tuning fork. */
export interface ForkNode {
  id: NodeId
  marks: Mark[]
  /** What its page explains; the first that the guide has. */
  wanted: Wanted[]
  /** The answers of the tree that describe it. */
  answers: string[]
  /** Whether it stands for its page with the page's picture. */
  pictured: boolean
}

export type Branch = 'handle' | 'fork' | 'unbarred' | 'barred' | 'apart'

const WINDINGS = ['tight', 'medium', 'loose'] as const
const BULGES = [9, 6, 4] as const

/** The fork, from the left end of its handle to its prongs. */
export const FORK: readonly { branch: Branch; nodes: readonly ForkNode[] }[] = [
  { branch: 'handle', nodes: ELLIPTICAL.map(elliptical) },
  {
    branch: 'fork',
    nodes: [
      {
        id: 'S0',
        marks: disc({ bulge: 10 }),
        wanted: [{ class: 'hubble:lenticular' }, { answer: 'spiral.no' }],
        answers: ['smooth-or-features.features', 'spiral.no'],
        pictured: true,
      },
    ],
  },
  { branch: 'unbarred', nodes: UNBARRED.map((id, at) => spiral(id, at, false)) },
  { branch: 'barred', nodes: BARRED.map((id, at) => spiral(id, at, true)) },
  {
    branch: 'apart',
    nodes: [
      {
        id: 'Irr',
        marks: sketchOfAnswer('odd-feature.irregular') ?? [],
        wanted: [{ answer: 'odd-feature.irregular' }],
        answers: ['odd-feature.irregular'],
        pictured: true,
      },
    ],
  },
]

/** The page of the guide that a type leads to. */
export function pageOfNode(node: ForkNode, entries: readonly Entry[]): Entry | undefined {
  return node.wanted.map((wanted) => pageFor(entries, wanted)).find(Boolean)
}

/** The types that lead to a page. */
export function nodesOf(page: { id: string }, entries: readonly Entry[]): NodeId[] {
  return FORK.flatMap(({ nodes }) => nodes)
    .filter((node) => pageOfNode(node, entries)?.id === page.id)
    .map(({ id }) => id)
}

/** Where the visitor's last picture belongs: the types that share most with its answers and contradict none. */
export function nodesFor(last: Pick<Last, 'answers' | 'kind'>): NodeId[] {
  if (last.kind !== null && last.kind !== 'galaxy') return []
  const given = new Map(last.answers.map((answer) => [questionOf(answer), answer]))
  if (given.get('odd-feature') === 'odd-feature.irregular') return ['Irr']
  const scored = FORK.flatMap(({ nodes }) => nodes).map(({ id, answers }) => {
    const theirs = answers.map((answer) => ({ answer, ours: given.get(questionOf(answer)) }))
    const against = theirs.some(({ answer, ours }) => ours !== undefined && ours !== answer)
    return { id, shared: against ? 0 : theirs.filter(({ ours }) => ours !== undefined).length }
  })
  const most = Math.max(...scored.map(({ shared }) => shared))
  return most === 0 ? [] : scored.filter(({ shared }) => shared === most).map(({ id }) => id)
}

function elliptical(id: NodeId, number: number): ForkNode {
  // The number is ten times the flattening: 10 (1 - b/a).
  const roundness = number < 2 ? 'round' : number < 6 ? 'in-between' : 'cigar'
  return {
    id,
    marks: smooth(1 - number / 10),
    wanted: [{ answer: `roundness.${roundness}` }, { class: 'hubble:elliptical' }],
    answers: ['smooth-or-features.smooth', `roundness.${roundness}`],
    pictured: number === 0 || number === 3 || number === 7,
  }
}

function spiral(id: NodeId, at: number, bar: boolean): ForkNode {
  const winding = WINDINGS[at] ?? 'medium'
  const own = { tight: 'unbarred-tight', medium: '', loose: 'unbarred-loose' }[winding]
  const wanted: Wanted[] = bar
    ? [{ class: 'galaxy10_decals:barred' }, { answer: 'bar.yes' }]
    : [{ class: `galaxy10_decals:${own}` }, { answer: `arm-winding.${winding}` }]
  return {
    id,
    marks: disc({ arms: 2, winding, bar, bulge: BULGES[at] ?? 6 }),
    wanted: [...wanted, { class: 'hubble:spiral' }],
    answers: [
      'smooth-or-features.features',
      bar ? 'bar.yes' : 'bar.no',
      'spiral.yes',
      `arm-winding.${winding}`,
    ],
    pictured: !bar || winding === 'medium',
  }
}

function questionOf(answer: string): string {
  return answer.split('.')[0] ?? ''
}
