/** A stretch of text, and the glossary's term that it is, if it is one. */
export interface Stretch<T> {
  text: string
  term: T | undefined
}

/**
 * Finds the glossary's terms in text, as whole words, each at its first place only: `seen` keeps which were found. Longer terms
 * win over shorter ones ("spiral arm" over "arm").
 */
export function markTerms<T extends { term: string }>(
  text: string,
  terms: readonly T[],
  seen: Set<T>,
): Stretch<T>[] {
  if (terms.length === 0) return [{ text, term: undefined }]
  const byWord = new Map(terms.flatMap((term) => forms(term.term).map((form) => [form, term])))
  const words = [...byWord.keys()].sort((a, b) => b.length - a.length).map(escape)
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}-])(${words.join('|')})(?![\\p{L}\\p{N}-])`, 'giu')
  const out: Stretch<T>[] = []
  let from = 0
  for (const match of text.matchAll(pattern)) {
    const term = byWord.get(match[0].toLowerCase())
    if (!term || seen.has(term)) continue
    seen.add(term)
    if (match.index > from) out.push({ text: text.slice(from, match.index), term: undefined })
    out.push({ text: match[0], term })
    from = match.index + match[0].length
  }
  if (from < text.length) out.push({ text: text.slice(from), term: undefined })
  return out
}

// Words that mean something else in ordinary sentences ("orbits stretch"); a text that needs them links to the glossary itself.
const ORDINARY = new Set(['concentration', 'seeing', 'stretch'])

/**
 * HTML texts of one page with each term of the glossary marked once, at its first place outside links and headings:
 * `<dfn data-term="its id">`.
 */
export function withTerms(
  htmls: readonly string[],
  terms: readonly { id: string; term: string }[],
): string[] {
  const seen = new Set(terms.filter(({ id }) => ORDINARY.has(id)))
  return htmls.map((html) => {
    const document = new DOMParser().parseFromString(html, 'text/html')
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const texts: Text[] = []
    while (walker.nextNode()) texts.push(walker.currentNode as Text)
    for (const text of texts) {
      const parts = markTerms(text.data, terms, seen)
      // A term that is a link already needs no second one further down.
      if (text.parentElement?.closest('a, code, h2, h3')) continue
      text.replaceWith(
        ...parts.map(({ text: words, term }) => {
          if (!term) return words
          const marked = document.createElement('dfn')
          marked.dataset['term'] = term.id
          marked.textContent = words
          return marked
        }),
      )
    }
    return document.body.innerHTML
  })
}

/** A term as it may stand in a sentence: without what is in brackets, and in the plural. */
function forms(term: string): string[] {
  const bare = term.replace(/\s*\(.*?\)/g, '').toLowerCase()
  const plural =
    bare.endsWith('y') && !/[aeiou]y$/.test(bare) ? `${bare.slice(0, -1)}ies` : `${bare}s`
  return [bare, plural]
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
