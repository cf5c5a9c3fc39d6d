import { TREE } from './tree.fixture'
import { answerAt, layout, sharesOf } from './treelayout'

const drawn = layout(TREE)
const boxOf = (id: string) => {
  const box = drawn.boxes.find(({ question }) => question === id)
  if (!box) throw new Error(id)
  return box
}

test('every question has a box inside the drawing, and none lies on another', () => {
  expect(drawn.boxes).toHaveLength(TREE.questions.length)
  for (const a of drawn.boxes) {
    expect(a.left).toBeGreaterThanOrEqual(0)
    expect(a.left + a.width).toBeLessThanOrEqual(drawn.width)
    expect(a.top + a.height).toBeLessThanOrEqual(drawn.height)
    for (const b of drawn.boxes) {
      const apart =
        a === b ||
        a.left + a.width <= b.left ||
        b.left + b.width <= a.left ||
        a.top + a.height <= b.top ||
        b.top + b.height <= a.top
      expect(apart, `${a.question} and ${b.question}`).toBe(true)
    }
  }
})

test('every way through the tree has a line, and a question asked beside it is marked', () => {
  for (const { id, answers } of TREE.questions) {
    for (const { id: answer, next } of answers) {
      if (!next) continue
      const line = drawn.lines.find((l) => l.question === next && l.answer === answer)
      expect(line, `${answer} to ${next}`).toBeDefined()
      expect(line?.aside).toBe(false)
    }
    expect(boxOf(id).width).toBeGreaterThanOrEqual(answers.length)
  }
  expect(drawn.lines.filter(({ aside }) => aside).map(({ question }) => question)).toEqual([
    'sense',
  ])
})

test('a line that goes past questions crosses none', () => {
  // From "no spiral arms" to the bulge, past the questions about arms.
  const line = drawn.lines.find(
    ({ answer, question }) => answer === 'spiral.no' && question === 'bulge',
  )
  const via = Number(/(\S+) \S+ V/.exec(line?.d ?? '')?.[1])
  expect(via).not.toBeNaN()
  for (const id of ['arm-winding', 'sense', 'arm-number']) {
    const { left, width } = boxOf(id)
    expect(via <= left || via >= left + width, id).toBe(true)
  }
})

test('answers share the width of their box, and a long word has more of it', () => {
  const box = boxOf('arm-number')
  const at = TREE.questions
    .find(({ id }) => id === 'arm-number')
    ?.answers.map(({ id }) => answerAt(TREE, box, id))
  expect(at).toEqual([...(at ?? [])].sort((a, b) => a - b))
  expect(at?.[0]).toBeGreaterThan(box.left)
  expect(at?.at(-1)).toBeLessThan(box.left + box.width)
  const shares = sharesOf(TREE, 'arm-number')
  expect(shares.reduce((total, { share }) => total + share, 0)).toBeCloseTo(1)
  expect(shares.at(-1)?.share).toBeGreaterThan(shares[0]?.share ?? 1)
})
