import { Hand } from './hand'

const revoke = vi.fn()

beforeAll(() => {
  let count = 0
  URL.createObjectURL = () => `blob:${++count}`
  URL.revokeObjectURL = revoke
})

const given = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ file: new Blob(['x']), name: `${i}.jpg` }))

test('pictures are found by their ids', () => {
  const hand = new Hand()
  const [first, second] = hand.hold(given(2))
  expect(first?.id).not.toBe(second?.id)
  expect(hand.find(first?.id ?? '')).toBe(first)
  expect(hand.find('another')).toBeUndefined()
})

test('the oldest are let go, with their addresses', () => {
  const hand = new Hand()
  const [oldest] = hand.hold(given(1))
  const held = hand.hold(given(60))
  expect(hand.find(oldest?.id ?? '')).toBeUndefined()
  expect(revoke).toHaveBeenCalledWith(oldest?.url)
  expect(held.every((p) => hand.find(p.id) === p)).toBe(true)
})
