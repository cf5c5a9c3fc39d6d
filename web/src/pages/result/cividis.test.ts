import { cividis, evidencePixels, resampled } from './cividis'

test('the colours grow brighter all the way', () => {
  const bright = Array.from({ length: 50 }, (_, i) => {
    const [r, g, b] = cividis(i / 49)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  })
  expect(bright).toEqual([...bright].sort((a, b) => a - b))
})

test('values beyond the ends have the colours of the ends', () => {
  expect(cividis(-1)).toEqual(cividis(0))
  expect(cividis(2)).toEqual(cividis(1))
})

test('a finer grid keeps what is constant, and the values of the cells', () => {
  expect(resampled([0.5, 0.5, 0.5], 12)).toEqual(Array.from({ length: 12 }, () => 0.5))
  expect(resampled([0, 1, 0], 9)[4]).toBeCloseTo(1)
})

test('the map is not turned: its first row is the top', () => {
  const pixels = evidencePixels(
    [
      [1, 0],
      [0, 0],
    ],
    4,
  )
  const alpha = (x: number, y: number) => pixels[4 * (y * 4 + x) + 3] ?? 0
  expect(alpha(0, 0)).toBeGreaterThan(alpha(3, 0))
  expect(alpha(0, 0)).toBeGreaterThan(alpha(0, 3))
})
