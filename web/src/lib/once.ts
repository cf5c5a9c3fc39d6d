import { useRef } from 'react'

/**
 * The same act, but begun only once: while it is under way, another call does nothing. The second click of a double one comes before the
 * button is drawn as busy.
 */
export function useOnce<G extends unknown[]>(
  act: (...given: G) => Promise<unknown>,
): (...given: G) => void {
  const busy = useRef(false)
  return (...given) => {
    if (busy.current) return
    busy.current = true
    // Only once the page shows what came of it.
    const over = () => setTimeout(() => (busy.current = false))
    act(...given).then(over, over)
  }
}
