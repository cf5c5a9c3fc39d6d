import { type Mark, disc, sketchOfAnswer, sketchOfPage, smooth } from './sketch'

const numbers = (marks: Mark[]) =>
  marks.flatMap(({ d }) => (d.match(/-?\d+(\.\d+)?/g) ?? []).map(Number))

test.each([
  'smooth-or-features.smooth',
  'edge-on-bulge.boxy',
  'arm-number.more',
  'arm-winding.tight',
  'odd-feature.dust-lane',
  'odd-feature.lens',
])('%s is drawn inside its square', (answer) => {
  const marks = sketchOfAnswer(answer) ?? []
  expect(marks.length).toBeGreaterThan(0)
  for (const value of numbers(marks)) {
    expect(Number.isFinite(value)).toBe(true)
    // Angles of ellipses may be negative; no point lies outside.
    expect(Math.abs(value)).toBeLessThanOrEqual(64)
  }
})

test('each arm is one mark', () => {
  expect(disc({ arms: 4 }).length - disc({ arms: 0 }).length).toBe(4)
})

test('the two senses of rotation are mirror images', () => {
  expect(sketchOfAnswer('sense.clockwise')).not.toEqual(sketchOfAnswer('sense.anticlockwise'))
})

test('a rounder galaxy is drawn rounder', () => {
  expect(smooth(1)[0]?.d).toContain('A28 28')
  expect(smooth(0.5)[0]?.d).toContain('A28 14')
})

test('nothing is drawn for what is not known', () => {
  expect(sketchOfAnswer('colour.red')).toBeUndefined()
  expect(sketchOfAnswer('odd-feature.new')).toBeUndefined()
  expect(sketchOfPage({ answers: [], classes: [], kinds: [] })).toBeUndefined()
})

test('a page is drawn by its kind first, then its class, then its answer', () => {
  const answers = ['bar.yes']
  const byAnswer = sketchOfPage({ answers, classes: [], kinds: [] })
  expect(byAnswer).toEqual(sketchOfAnswer('bar.yes'))
  const byClass = sketchOfPage({ answers, classes: ['hubble:elliptical'], kinds: [] })
  expect(byClass).not.toEqual(byAnswer)
  expect(sketchOfPage({ answers, classes: ['hubble:elliptical'], kinds: ['lens'] })).toEqual(
    sketchOfAnswer('odd-feature.lens'),
  )
})
