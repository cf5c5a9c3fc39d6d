import type { Estimate } from './card'

const Z = 1.96

/** A share of `n` with its 95 % interval after Wilson (1927), which stays inside 0 to 1 and is right for small `n` too; undefined for none. */
export function shareOf(right: number, n: number): Estimate | undefined {
  if (n <= 0) return undefined
  const p = right / n
  const centre = p + Z ** 2 / (2 * n)
  const spread = Z * Math.sqrt((p * (1 - p)) / n + Z ** 2 / (4 * n ** 2))
  const scale = 1 + Z ** 2 / n
  return {
    value: p,
    low: Math.max(0, (centre - spread) / scale),
    high: Math.min(1, (centre + spread) / scale),
    n,
  }
}

/** How much of a class was found: of the pictures in its row, those on the diagonal. */
export function found(counts: readonly (readonly number[])[], at: number): Estimate | undefined {
  const row = counts[at] ?? []
  return shareOf(row[at] ?? 0, sum(row))
}

/** How much of what was called a class is of it: of the pictures in its column, those on the diagonal. */
export function rightly(counts: readonly (readonly number[])[], at: number): Estimate | undefined {
  const column = counts.map((row) => row[at] ?? 0)
  return shareOf(column[at] ?? 0, sum(column))
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
