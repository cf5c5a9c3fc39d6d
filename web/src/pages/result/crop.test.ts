import { centredAt, fitting, moved, pulled, scaled } from './crop'

const SIZE = { width: 200, height: 100 }
const SQUARE = { x: 50, y: 20, side: 40 }

test('moving keeps the size', () => {
  expect(moved(SQUARE, { x: 10, y: -5 }, SIZE)).toEqual({ x: 60, y: 15, side: 40 })
})

test('the centre stays in the picture', () => {
  expect(moved(SQUARE, { x: 1000, y: 1000 }, SIZE)).toEqual({ x: 180, y: 80, side: 40 })
  expect(centredAt(SQUARE, { x: -9, y: 50 }, SIZE)).toEqual({ x: -20, y: 30, side: 40 })
})

test('scaling keeps the centre', () => {
  expect(scaled(SQUARE, 1.5, SIZE)).toEqual({ x: 40, y: 10, side: 60 })
})

test.each([
  ['se', { x: 110, y: 40 }, { x: 50, y: 20, side: 60 }],
  ['nw', { x: 30, y: 30 }, { x: 30, y: 0, side: 60 }],
  ['ne', { x: 80, y: 10 }, { x: 50, y: 10, side: 50 }],
  ['sw', { x: 60, y: 75 }, { x: 35, y: 20, side: 55 }],
] as const)('pulling %s leaves the opposite corner where it was', (corner, to, expected) => {
  expect(pulled(SQUARE, corner, to, SIZE)).toEqual(expected)
})

test('a corner pulled through the other leaves the smallest square', () => {
  expect(pulled(SQUARE, 'se', { x: 0, y: 0 }, SIZE).side).toBe(16)
})

test.each([
  [{ x: 0, y: 0, side: 1 }, 16],
  [{ x: 0, y: 0, side: 9999 }, 200],
])('%o is made usable', (square, side) => {
  expect(fitting(square, SIZE).side).toBe(side)
})

test('in a tiny picture the whole of it is the smallest square', () => {
  const tiny = fitting({ x: 2.5, y: 2.5, side: 3 }, { width: 8, height: 8 })
  expect(tiny).toEqual({ x: 0, y: 0, side: 8 })
})
