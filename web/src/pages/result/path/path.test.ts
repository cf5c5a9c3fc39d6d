import { madeUpAnswer, TREE } from '../made-up'
import { besides, type Branch, stepsOf } from './branches'
import { layOut, type Measures, outline } from './layout'
import { stepTo } from './walking'

const NOTHING: ReadonlySet<string> = new Set()
const answer = madeUpAnswer()
const steps = stepsOf(TREE, answer, { opened: NOTHING, most: 6 })
const MEASURES: Measures = {
  layer: 100,
  bend: 20,
  scale: 50,
  slot: 40,
  gap: 8,
  letters: 12,
  title: 30,
  single: false,
}

function branch(id: string, of = steps): Branch {
  const found = of.flatMap((s) => s.branches).find((b) => b.id === id)
  if (!found) throw new Error(`no ${id}`)
  return found
}

describe('what is drawn', () => {
  test('is the likely path, and not what few come to', () => {
    expect(steps.map((s) => s.question)).toEqual(['root', 'bar', 'arms', 'count', 'odd'])
    expect(branch('root.smooth').folded).toBe('round')
    expect(branch('root.smooth').target).toBeNull()
  })

  test('grows by what the visitor opens', () => {
    const more = stepsOf(TREE, answer, { opened: new Set(['round']), most: 6 })
    expect(more.map((s) => s.question)).toContain('round')
    expect(branch('root.smooth', more).target).toBe('round')
  })

  test('begins each question with its likely answer', () => {
    expect(steps.map((s) => s.branches[0]?.id)).toEqual(
      answer.path_taken.filter((id) => !id.startsWith('sense')),
    )
  })

  test('gathers rare answers, and loses no vote', () => {
    const rest = branch('count:rest')
    expect(rest.members).toEqual(['count.one', 'count.three', 'count.more'])
    expect(rest.target).toBe('odd')
    for (const step of steps) {
      const sum = step.branches.reduce((total, b) => total + b.share, 0)
      expect(sum).toBeCloseTo(step.asked)
    }
  })

  test('shows rare answers on request', () => {
    const more = stepsOf(TREE, answer, { opened: new Set(['count:rest']), most: 6 })
    expect(more.find((s) => s.question === 'count')?.branches).toHaveLength(4)
  })

  test('leaves what is asked beside the flow to the text', () => {
    expect(besides(TREE, answer).map((q) => q.id)).toEqual(['sense'])
  })
})

describe.each([false, true])('the layout, every question in a layer of its own: %s', (single) => {
  const layout = layOut(steps, { ...MEASURES, single })

  test('lets the likely path run straight', () => {
    const main = layout.bands.filter((b) => b.branch.likely).map((b) => b.slot.v)
    expect(new Set(main.map((v) => v.toFixed(6))).size).toBe(1)
  })

  test('gives no two answers of a question the same place', () => {
    for (const { question } of steps) {
      const slots = layout.bands
        .filter((b) => b.branch.question === question)
        .map((b) => b.slot)
        .sort((a, b) => a.top - b.top)
      slots.slice(1).forEach((slot, i) => {
        const before = slots[i]
        expect(slot.top).toBeGreaterThanOrEqual((before?.top ?? 0) + (before?.size ?? 0))
      })
    }
  })

  test('leads every band from its question to the next one, forwards', () => {
    for (const { branch: b, stations } of layout.bands) {
      const along = stations.map((s) => s.u)
      expect(along).toEqual([...along].sort((x, y) => x - y))
      const end = layout.nodes.find((n) => n.step.question === b.target)
      if (end) expect(stations.at(-1)?.u).toBe(end.u)
    }
  })

  test('leads what passes a layer around its answers', () => {
    const passing = layout.bands.find((b) => b.branch.id === 'arms.no')
    const count = layout.bands.filter((b) => b.branch.question === 'count')
    const below = Math.max(...count.map((b) => b.slot.top + b.slot.size))
    expect(passing?.stations[3]?.v).toBeGreaterThan(below)
  })

  test('fills a question with what arrives', () => {
    const node = layout.nodes.find((n) => n.step.question === 'arms')
    const sizes = layout.bands
      .filter((b) => b.branch.target === 'arms')
      .map((b) => b.stations.at(-1)?.size ?? 0)
    expect(sizes.reduce((a, b) => a + b, 0)).toBeCloseTo(node?.size ?? 0)
  })
})

test('an outline is as thick as it is asked to be where the band is straight', () => {
  const [band] = layOut(steps, MEASURES).bands
  if (!band) throw new Error('no band')
  const path = outline(band, { size: 30, upright: false })
  expect(path).toMatch(/^M.*Z$/)
  expect(path).toContain((band.slot.v - 15).toFixed(1))
  expect(path).toContain((band.slot.v + 15).toFixed(1))
  expect(outline(band, { size: 30, upright: true })).not.toBe(path)
})

describe('the arrow keys', () => {
  const go = (key: string, from: string, upright = false) =>
    stepTo(key, branch(from), { steps, upright })

  test('go along the flow and across it', () => {
    expect(go('ArrowRight', 'root.disc')).toEqual({ focus: 'bar.no' })
    expect(go('ArrowLeft', 'arms.yes')).toEqual({ focus: 'bar.no' })
    expect(go('ArrowDown', 'bar.no')).toEqual({ focus: 'bar.yes' })
    expect(go('ArrowUp', 'bar.yes')).toEqual({ focus: 'bar.no' })
    expect(go('End', 'bar.yes')).toEqual({ focus: 'odd.no' })
  })

  test('turn with the drawing', () => {
    expect(go('ArrowDown', 'root.disc', true)).toEqual({ focus: 'bar.no' })
    expect(go('ArrowRight', 'bar.no', true)).toEqual({ focus: 'bar.yes' })
  })

  test('open what is folded', () => {
    expect(go('ArrowRight', 'root.smooth')).toEqual({ open: 'round' })
  })

  test('stop at the edges, and leave other keys alone', () => {
    expect(go('ArrowRight', 'odd.no')).toBeUndefined()
    expect(go('ArrowUp', 'root.disc')).toBeUndefined()
    expect(go('a', 'root.disc')).toBeUndefined()
  })
})
