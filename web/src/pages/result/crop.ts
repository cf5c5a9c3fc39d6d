import type { Square } from '../../api/pictures'

export interface Size {
  width: number
  height: number
}

export interface Point {
  x: number
  y: number
}

export type Corner = 'nw' | 'ne' | 'sw' | 'se'

// Smaller than that nothing can be seen.
const LEAST = 16

/** The square that is nearest to the wanted one and can be used: not too small, not wider than the picture, its centre in the picture. */
export function fitting({ x, y, side }: Square, { width, height }: Size): Square {
  const most = Math.max(width, height)
  const to = clamp(side, Math.min(LEAST, most), most)
  const centre = { x: clamp(x + side / 2, 0, width), y: clamp(y + side / 2, 0, height) }
  return { x: centre.x - to / 2, y: centre.y - to / 2, side: to }
}

/** The square moved. */
export function moved(square: Square, by: Point, size: Size): Square {
  return fitting({ ...square, x: square.x + by.x, y: square.y + by.y }, size)
}

/** The square around another point. */
export function centredAt(square: Square, { x, y }: Point, size: Size): Square {
  return fitting({ ...square, x: x - square.side / 2, y: y - square.side / 2 }, size)
}

/** The square grown or shrunk about its centre. */
export function scaled(square: Square, factor: number, size: Size): Square {
  const side = clamp(
    square.side * factor,
    Math.min(LEAST, size.width, size.height),
    Math.max(size.width, size.height),
  )
  const shift = (square.side - side) / 2
  return fitting({ x: square.x + shift, y: square.y + shift, side }, size)
}

/** The square with one corner pulled to a point, and the opposite one where it was. */
export function pulled(square: Square, corner: Corner, to: Point, size: Size): Square {
  const right = corner === 'ne' || corner === 'se'
  const below = corner === 'sw' || corner === 'se'
  const fixed = {
    x: right ? square.x : square.x + square.side,
    y: below ? square.y : square.y + square.side,
  }
  const wanted = Math.max((to.x - fixed.x) * (right ? 1 : -1), (to.y - fixed.y) * (below ? 1 : -1))
  const side = clamp(wanted, LEAST, Math.max(size.width, size.height))
  return fitting(
    { x: right ? fixed.x : fixed.x - side, y: below ? fixed.y : fixed.y - side, side },
    size,
  )
}

/** A length as a share of another one, for places over a picture of any size. */
export function part(value: number, whole: number): string {
  return `${(100 * value) / whole}%`
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
