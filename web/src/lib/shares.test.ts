import { found, rightly, shareOf } from './shares'

test('a share has its interval about it, inside 0 to 1', () => {
  // Newcombe 1998, Statistics in Medicine 17, 857, table I: 81 of 263, Wilson without continuity correction.
  const share = shareOf(81, 263)
  expect(share?.low).toBeCloseTo(0.2553, 3)
  expect(share?.high).toBeCloseTo(0.3662, 3)
  expect(shareOf(0, 20)?.low).toBe(0)
  expect(shareOf(20, 20)?.high).toBeCloseTo(1)
})

test('more pictures make it narrower', () => {
  const width = (n: number) => {
    const share = shareOf(n / 2, n)
    return (share?.high ?? 0) - (share?.low ?? 0)
  }
  expect(width(1000)).toBeLessThan(width(10))
})

test('of no pictures there is no share', () => {
  expect(shareOf(0, 0)).toBeUndefined()
})

test('found goes along a row, rightly along a column', () => {
  const counts = [
    [4, 4],
    [0, 18],
  ]
  expect(found(counts, 0)).toMatchObject({ value: 0.5, n: 8 })
  expect(rightly(counts, 0)).toMatchObject({ value: 1, n: 4 })
  expect(rightly(counts, 1)).toMatchObject({ n: 22 })
  expect(found([[0, 0]], 0)).toBeUndefined()
})
