import type { Branch, Step } from './branches'

/**
 * Where everything of the drawing lies. It flows along `u` and spreads across `v`: left to right, `u` is x and `v` is y; top to bottom they
 * change places, and nothing here knows about that.
 */
export interface Layout {
  length: number
  breadth: number
  nodes: Node[]
  bands: Band[]
}

/** A question: a bar across the flow, as long as the share that comes to it. */
export interface Node {
  step: Step
  u: number
  v: number
  size: number
  /** Where its part of the drawing begins; its name stands there. */
  top: number
}

/** A point of a band's middle line, with its thickness there. */
export interface Station {
  u: number
  v: number
  size: number
}

/** An answer: a band from its question to the next one, or to its own end. */
export interface Band {
  branch: Branch
  stations: Station[]
  /** The stretch that is straight, with its place across the flow; the words stand there, and there the interval is drawn. */
  slot: { u: number; length: number; top: number; size: number; v: number; soft: number }
}

export interface Measures {
  /** Of a layer, along the flow. */
  layer: number
  /** From a question to the straight stretch of its answers, and from there to the next question. */
  bend: number
  /** Thickness of everyone. */
  scale: number
  /** Least room across for an answer. */
  slot: number
  /** Between what lies beside each other. */
  gap: number
  /** How many letters fit into a line beside a band; 0 where the words stand on it. */
  letters: number
  /** For a question's name, across the flow before its answers. */
  title: number
  /** Every question gets a layer of its own, as on a phone, where two do not fit beside each other. */
  single: boolean
}

// What can be seen at all.
const THINNEST = 1.5

/** Lay the steps out. They must be in the order of their depth. */
export function layOut(steps: readonly Step[], measures: Measures): Layout {
  const layers = new Map(steps.map((s, i) => [s.question, measures.single ? i : s.depth]))
  const slots = placed(steps, layers, measures)
  const nodes = new Map(steps.map((s) => [s.question, nodeOf(s, slots, { layers, measures })]))
  const bands = bandsOf(steps, slots, { nodes, layers, measures })
  const count = Math.max(...layers.values()) + 1
  const ends = [...slots.values()].map((s) => s.top + s.size)
  return {
    length: count * measures.layer,
    breadth: Math.max(0, ...ends),
    nodes: [...nodes.values()],
    bands,
  }
}

interface Place {
  top: number
  size: number
  /** The middle of the band. */
  v: number
  /** Room for the band with its soft edge. */
  soft: number
}

/** Across the flow, place answers and bands that pass a layer: by `answer` in its own layer, by `answer@layer` in those it passes. */
function placed(
  steps: readonly Step[],
  layers: ReadonlyMap<string, number>,
  { scale, slot, gap, letters, title }: Measures,
): Map<string, Place> {
  const places = new Map<string, Place>()
  const count = Math.max(...layers.values()) + 1
  const widest = Math.max(scale, slot)
  for (let layer = 0; layer < count; layer++) {
    let at = 0
    const put = (key: string, size: number, soft = size) => {
      places.set(key, { top: at, size, v: at + soft / 2, soft })
      at += size + gap
    }
    const here = steps.filter((s) => layers.get(s.question) === layer)
    const passing = passingBands(steps, layers, layer).sort(
      (a, b) =>
        Number(onPath(b, steps)) - Number(onPath(a, steps)) ||
        (lastPlace(places, a.id, layer)?.v ?? 0) - (lastPlace(places, b.id, layer)?.v ?? 0),
    )
    const trunk = here.some((s) => s.main)
      ? []
      : passing.filter((b) => onPath(b, steps)).slice(0, 1)
    for (const branch of trunk) {
      at += title
      put(`${branch.id}@${layer}`, widest)
    }
    for (const step of here) {
      at += title
      for (const branch of step.branches) {
        const first = step.main && branch.likely
        if (first) put(branch.id, widest)
        else {
          const words = letters > 0 ? wordsRoom(branch, letters) : 0
          const soft = words > 0 ? softRoom(branch, scale) : branch.share * scale
          put(branch.id, Math.max(slot, soft + words), words > 0 ? soft : Math.max(slot, soft))
        }
      }
      at += gap
    }
    for (const branch of passing) {
      if (!trunk.includes(branch)) put(`${branch.id}@${layer}`, Math.max(6, branch.share * scale))
    }
  }
  return places
}

/** What a band needs with its soft edge; a long edge is cut, so that it does not crowd the others out. */
function softRoom({ share, fraction, high }: Branch, scale: number): number {
  const thick = share * scale
  const whole = fraction > 0 ? (high / fraction) * thick : thick
  return Math.max(8, Math.min(whole, 1.5 * thick + 12))
}

// Of a line of words, and around them.
const LINE = 17
const AROUND = 6

/** What an answer's words need with their number. */
function wordsRoom({ text, folded }: Branch, letters: number): number {
  return (Math.ceil((text.length + 6) / letters) + (folded ? 1 : 0)) * LINE + AROUND
}

function onPath(branch: Branch, steps: readonly Step[]): boolean {
  return branch.likely && steps.some((s) => s.main && s.question === branch.question)
}

function lastPlace(places: ReadonlyMap<string, Place>, id: string, layer: number) {
  return places.get(`${id}@${layer - 1}`) ?? places.get(id)
}

function passingBands(
  steps: readonly Step[],
  layers: ReadonlyMap<string, number>,
  layer: number,
): Branch[] {
  return steps.flatMap((s) =>
    s.branches.filter((b) => {
      const end = b.target === null ? undefined : layers.get(b.target)
      return (layers.get(s.question) ?? 0) < layer && end !== undefined && end > layer
    }),
  )
}

interface Context {
  layers: ReadonlyMap<string, number>
  measures: Measures
}

function nodeOf(
  step: Step,
  slots: ReadonlyMap<string, Place>,
  { layers, measures }: Context,
): Node {
  const first = slots.get(step.branches[0]?.id ?? '')
  const size = Math.max(THINNEST * 2, step.asked * measures.scale)
  const v = first?.v ?? 0
  return {
    step,
    u: (layers.get(step.question) ?? 0) * measures.layer,
    v,
    size,
    top: (first?.top ?? 0) - measures.title,
  }
}

function bandsOf(
  steps: readonly Step[],
  slots: ReadonlyMap<string, Place>,
  { nodes, layers, measures }: Context & { nodes: ReadonlyMap<string, Node> },
): Band[] {
  const bands = steps.flatMap((step) => {
    const node = nodes.get(step.question)
    return node ? leaving(node, slots, { layers, measures }) : []
  })
  for (const node of nodes.values()) arriving(node, bands, measures.scale)
  return bands
}

/** The bands of one question's answers, up to where the next question begins. */
function leaving(
  node: Node,
  slots: ReadonlyMap<string, Place>,
  { layers, measures }: Context,
): Band[] {
  const { layer: length, bend, scale } = measures
  const { branches } = node.step
  let edge = node.v - (branches.reduce((sum, b) => sum + b.share, 0) * scale) / 2
  return branches.map((branch) => {
    const place = slots.get(branch.id) ?? { top: node.v, size: 0, v: node.v, soft: 0 }
    const { v } = place
    const thick = branch.share * scale
    const size = Math.max(THINNEST, thick)
    const [from, to] = [node.u + bend, node.u + length - bend]
    const stations = [
      { u: node.u, v: edge + thick / 2, size },
      { u: from, v, size },
      { u: to, v, size },
    ]
    edge += thick
    const last = branch.target === null ? -1 : (layers.get(branch.target) ?? -1)
    for (let l = (layers.get(node.step.question) ?? 0) + 1; l < last; l++) {
      const passed = slots.get(`${branch.id}@${l}`)?.v ?? v
      stations.push({ u: l * length + bend / 2, v: passed, size })
      stations.push({ u: (l + 1) * length - bend, v: passed, size })
    }
    return {
      branch,
      stations,
      slot: { u: from, length: to - from, ...place },
    }
  })
}

/** Lead the bands that belong there into a question, in the order in which they come, so that none crosses another. */
function arriving(node: Node, bands: readonly Band[], scale: number): void {
  const here = bands
    .filter((b) => b.branch.target === node.step.question)
    .sort((a, b) => (a.stations.at(-1)?.v ?? 0) - (b.stations.at(-1)?.v ?? 0))
  let edge = node.v - (here.reduce((sum, b) => sum + b.branch.share, 0) * scale) / 2
  for (const { branch, stations } of here) {
    const thick = branch.share * scale
    stations.push({ u: node.u, v: edge + thick / 2, size: Math.max(THINNEST, thick) })
    edge += thick
  }
}

/** A band's outline, with another thickness where it is straight; `upright` for a flow from top to bottom. */
export function outline(band: Band, { size, upright }: { size: number; upright: boolean }): string {
  const points = band.stations.map((s, i) => ({ ...s, size: i === 1 || i === 2 ? size : s.size }))
  const there = points.map((p) => ({ u: p.u, v: p.v - p.size / 2 }))
  const back = points.map((p) => ({ u: p.u, v: p.v + p.size / 2 })).reverse()
  return `${curve(there, { upright, start: 'M' })}${curve(back, { upright, start: 'L' })}Z`
}

function curve(
  points: readonly { u: number; v: number }[],
  { upright, start }: { upright: boolean; start: 'M' | 'L' },
): string {
  const xy = (u: number, v: number) =>
    upright ? `${v.toFixed(1)} ${u.toFixed(1)}` : `${u.toFixed(1)} ${v.toFixed(1)}`
  return points
    .map((p, i) => {
      const from = points[i - 1]
      if (!from) return `${start}${xy(p.u, p.v)}`
      const half = (from.u + p.u) / 2
      return `C${xy(half, from.v)} ${xy(half, p.v)} ${xy(p.u, p.v)}`
    })
    .join('')
}
