import type { Schemas } from '../api/client'

type Entry = Schemas['GuideEntry']
export type Family = Entry['family']

/** The families of pages, in the order in which one learns. */
export const FAMILIES: readonly Family[] = ['class', 'answer', 'kind', 'topic']

/** Pages that hold every word of what was typed, those with it in their title first. */
export function search(entries: readonly Entry[], typed: string): Entry[] {
  const words = fold(typed).split(/\s+/).filter(Boolean)
  const rank = (entry: Entry) => {
    const title = fold(entry.title)
    const all = `${title} ${fold(entry.summary)}`
    if (!words.every((word) => all.includes(word))) return undefined
    return words.every((word) => title.includes(word)) ? 0 : 1
  }
  return entries
    .map((entry) => ({ entry, rank: rank(entry) }))
    .filter((found) => found.rank !== undefined)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .map((found) => found.entry)
}

/** What is looked for among pages: an answer of the tree, a class as `taxonomy:class`, or a kind. */
export interface Wanted {
  answer?: string
  class?: string
  kind?: string
}

/** The page that explains an answer, class or kind; of several, the one that explains least else. */
export function pageFor(
  entries: readonly Entry[],
  { answer, class: name, kind }: Wanted,
): Entry | undefined {
  const breadth = (entry: Entry) => entry.answers.length + entry.classes.length + entry.kinds.length
  return entries
    .filter(
      (entry) =>
        (answer !== undefined && entry.answers.includes(answer)) ||
        (name !== undefined && entry.classes.includes(name)) ||
        (kind !== undefined && entry.kinds.includes(kind)),
    )
    .reduce<Entry | undefined>(
      (best, entry) => (best && breadth(best) <= breadth(entry) ? best : entry),
      undefined,
    )
}

/** The pages before and after one, in the order of the guide. */
export function beside(
  entries: readonly Entry[],
  id: string,
): { before: Entry | undefined; after: Entry | undefined } {
  const at = entries.findIndex((entry) => entry.id === id)
  return at < 0
    ? { before: undefined, after: undefined }
    : { before: entries[at - 1], after: entries[at + 1] }
}

/** Terms by the letter that they begin with; what begins with none is under "#". */
export function byLetter<T extends { term: string }>(terms: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const term of terms) {
    const first = fold(term.term).charAt(0).toUpperCase()
    const letter = /[A-Z]/.test(first) ? first : '#'
    groups.set(letter, [...(groups.get(letter) ?? []), term])
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b))
}

/** Small letters without accents, so that "Lyrae" finds "lyræ" and "Bootes" finds "Boötes". */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .replace(/æ/gi, 'ae')
    .toLowerCase()
}

/** The classes by which the gallery may know what a page explains, as it names them: `scheme:class`, `question:answer`, `kind:id`. */
export function galleryClasses({ answers, classes, kinds }: Entry): string[] {
  return [
    ...classes,
    ...answers.map((answer) => answer.replace('.', ':')),
    ...kinds.map((kind) => `kind:${kind}`),
  ]
}
