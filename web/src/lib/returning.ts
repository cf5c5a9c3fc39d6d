const BASE = 'https://here.invalid'

/** The page to sign in, which leads back to `path` afterwards. */
export function signInAddress(path: string): string {
  return `/sign-in?to=${encodeURIComponent(path)}`
}

/**
 * Where to go after signing in: `wanted`, if it is an address of this site, otherwise the account. Somebody else's link must not
 * lead away from here by way of our page, so everything that a browser could take for another site is refused.
 */
export function returnAddress(wanted: string | null): string {
  const home = '/account'
  if (!wanted?.startsWith('/')) return home
  let address: URL
  try {
    address = new URL(wanted, BASE)
  } catch {
    return home
  }
  if (address.origin !== BASE || address.pathname.startsWith('//')) return home
  if (address.pathname === '/sign-in') return home
  return address.pathname + address.search + address.hash
}
