/**
 * A share as people read it. It never claims certainty: 0.9999 is "over 99 %". The server's words do the same.
 * The blank before the sign does not break over lines.
 */
export function percent(share: number): string {
  if (share > 0.99 && share < 1) return 'over 99\u00a0%'
  if (share > 0 && share < 0.01) return 'under 1\u00a0%'
  return `${Math.round(share * 100)}\u00a0%`
}

/** Bytes in the unit that suits them. */
export function bytes(count: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10))
  const value = count / 1024 ** power
  return `${power === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`
}
