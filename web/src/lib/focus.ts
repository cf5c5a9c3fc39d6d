import { useEffect, useEffectEvent, useRef } from 'react'

/**
 * Give the focus to what has come, so that keyboards and screen readers go on there; not where the visitor has it somewhere of their own.
 */
export function focusIfLost(to: Element | null): void {
  const at = document.activeElement
  const lost = !at || at === document.body || at.id === 'main'
  if (!lost || !(to instanceof HTMLElement)) return
  if (to.tabIndex < 0) to.tabIndex = -1
  to.focus({ preventScroll: true })
}

/** Runs after every change of a value, but not at first. */
export function useChange<T>(value: T, then: (before: T) => void): void {
  const shown = useRef(value)
  const changed = useEffectEvent(then)
  useEffect(() => {
    const before = shown.current
    if (before === value) return
    shown.current = value
    changed(before)
  }, [value])
}

/** Leave something with the Escape key, as long as it is open. */
export function useEscape(open: boolean, leave: () => void): void {
  const left = useEffectEvent(leave)
  useEffect(() => {
    if (!open) return undefined
    const press = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') left()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [open])
}
