/** The visitor's last answer, as the maps of the guide mark it. Kept until the tab is closed, and nowhere else. */
export interface Last {
  /** Answers of the tree that were likely enough to be said, from the first question on. */
  answers: string[]
  /** Classes, as `taxonomy:class`. */
  classes: string[]
  /** What kind of object it is; null where that was not said. */
  kind: string | null
  /** The page of the guide that explains it. */
  lesson: string
}

const KEY = 'skyform-last'

/** Remember an answer for the maps of the guide. */
export function rememberLast(last: Last): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(last))
  } catch {
    // Storage is switched off: the maps show no mark.
  }
}

/** The last answer of this tab; undefined where there is none, or what is stored is not one. */
export function recallLast(): Last | undefined {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
    return isLast(stored) ? stored : undefined
  } catch {
    return undefined
  }
}

function isLast(value: unknown): value is Last {
  if (typeof value !== 'object' || value === null) return false
  const { answers, classes, kind, lesson } = value as Partial<Record<keyof Last, unknown>>
  return (
    areStrings(answers) &&
    areStrings(classes) &&
    (kind === null || typeof kind === 'string') &&
    typeof lesson === 'string'
  )
}

function areStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
