// Cividis (Nunez, Anderton and Renslow 2018), as in `tokens.css`; a canvas needs numbers.
const COLOURS: readonly (readonly [number, number, number])[] = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [254, 232, 56],
]

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most)

/** The colour of a value from 0 to 1, as red, green, blue from 0 to 255. */
export function cividis(value: number): [number, number, number] {
  const at = clamp(value, 0, 1) * (COLOURS.length - 1)
  const i = Math.min(Math.floor(at), COLOURS.length - 2)
  const [from, to] = [COLOURS[i] ?? [0, 0, 0], COLOURS[i + 1] ?? [0, 0, 0]]
  const mix = (k: 0 | 1 | 2) => Math.round(from[k] + (at - i) * (to[k] - from[k]))
  return [mix(0), mix(1), mix(2)]
}

/** The map as pixels, `side` across, smooth between its cells; what weighs little stays nearly clear. */
export function evidencePixels(
  rows: readonly (readonly number[])[],
  side: number,
): Uint8ClampedArray<ArrayBuffer> {
  const across = rows.map((row) => resampled(row, side))
  const columns = Array.from({ length: side }, (_, x) =>
    resampled(
      across.map((row) => row[x] ?? 0),
      side,
    ),
  )
  const pixels = new Uint8ClampedArray(4 * side * side)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = clamp(columns[x]?.[y] ?? 0, 0, 1)
      pixels.set([...cividis(value), 255 * (0.2 + 0.8 * value)], 4 * (y * side + x))
    }
  }
  return pixels
}

/** Values on a finer grid: Catmull-Rom through the centres of the cells, the outermost repeated beyond the edge. */
export function resampled(values: readonly number[], length: number): number[] {
  const at = (i: number) => values[clamp(i, 0, values.length - 1)] ?? 0
  return Array.from({ length }, (_, k) => {
    const position = ((k + 0.5) * values.length) / length - 0.5
    const i = Math.floor(position)
    const t = position - i
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)]
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
  })
}
