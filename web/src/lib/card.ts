/**
 * The model card as the server gives it: plain values, written by training beside the network. A model from elsewhere may have less
 * in it, or other things; what is not there, or not what it should be, is left out.
 */
export interface Card {
  title: string
  date: string
  network: string
  /** Orientations in which each picture is looked at. */
  looks: number | undefined
  /** Pixels a side that the network sees. */
  pixels: number | undefined
  bytes: number | undefined
  sources: Source[]
  /** Parts of licence texts whose pictures were left out. */
  excluded: string[]
  scores: Named<Estimate>[]
  surveys: Named<Estimate>[]
  records: Judged[]
  /** Share of observed vote shares inside their 90 % intervals. */
  intervals: number | undefined
  strangers: Stranger[]
  /** Share of known pictures that are flagged as strange too. */
  knownFlagged: number | undefined
  stability: Stability | undefined
}

/** A figure with its 95 % interval, over so many pictures. */
export interface Estimate {
  value: number
  low: number
  high: number
  n: number
}

export interface Named<T> {
  id: string
  found: T
}

export interface Source {
  id: string
  name: string
  pictures: number
}

/** How far the answers to one question, the classes of one scheme, or the kinds can be trusted. */
export interface Judged {
  id: string
  group: 'question' | 'taxonomy' | 'kind'
  answers: string[]
  /** Pictures by their right answer (row) and the most probable one. */
  counts: number[][]
  accuracy: Estimate
  error: number
  floor: number
  bins: Bin[]
}

/** Answers of about the same confidence, and how many were right. */
export interface Bin {
  confidence: number
  right: number
  count: number
}

export interface Stranger {
  id: string
  title: string
  near: boolean
  flagged: number
}

export interface Stability {
  pictures: number
  confident: number
  taxonomies: string[]
  rows: { title: string; changed: (Estimate | undefined)[] }[]
}

type Values = Record<string, unknown>

/** Read a card. */
export function readCard(card: Values): Card {
  const measures = values(card['measures'])
  const confidence = values(measures['confidence'])
  const rejection = values(measures['rejection'])
  const names = values(card['sources'])
  return {
    title: text(card['title']),
    date: text(card['date']),
    network: text(card['backbone']),
    looks: number(card['looks']),
    pixels: number(values(card['preprocess'])['size']),
    bytes: number(Object.values(values(card['bytes']))[0]),
    sources: Object.entries(values(card['train'])).flatMap(([id, pictures]) => {
      const count = number(pictures)
      return count === undefined ? [] : [{ id, name: text(names[id]) || id, pictures: count }]
    }),
    excluded: list(card['exclude_licences']).map(text).filter(Boolean),
    scores: estimates(measures['scores']),
    surveys: estimates(measures['surveys']),
    records: Object.entries(confidence).flatMap(([id, record]) => judged(id, values(record))),
    intervals: number(confidence['interval_coverage']),
    strangers: Object.entries(values(rejection['sorts'])).flatMap(([id, sort]) =>
      stranger(id, values(sort)),
    ),
    knownFlagged: number(rejection['known_flagged']),
    stability: stability(values(measures['stability'])),
  }
}

function judged(id: string, record: Values): Judged[] {
  const accuracy = estimate(record['accuracy'])
  const [error, floor] = [number(record['ece_after']), number(record['ece_floor'])]
  const group = (['question', 'taxonomy', 'kind'] as const).find((g) => g === record['group'])
  if (!accuracy || !group || error === undefined || floor === undefined) return []
  const answers = list(record['answers']).map(text)
  const counts = list(record['counts']).map((row) => list(row).map((c) => number(c) ?? 0))
  const bins = list(record['bins']).flatMap((bin) => {
    const [confidence, right, count] = list(bin).map(number)
    return confidence === undefined || right === undefined || count === undefined
      ? []
      : [{ confidence, right, count }]
  })
  return [{ id, group, answers, counts, accuracy, error, floor, bins }]
}

function stranger(id: string, sort: Values): Stranger[] {
  const flagged = number(sort['flagged'])
  const title = text(sort['title'])
  return flagged === undefined || !title
    ? []
    : [{ id, title, near: sort['near'] === true, flagged }]
}

function stability(found: Values): Stability | undefined {
  const [pictures, confident] = [number(found['pictures']), number(found['confident'])]
  const rows = Object.values(values(found['changed'])).map(values)
  if (pictures === undefined || confident === undefined || rows.length === 0) return undefined
  const taxonomies = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (key) => key !== 'title',
  )
  return {
    pictures,
    confident,
    taxonomies,
    rows: rows.map((row) => ({
      title: text(row['title']),
      changed: taxonomies.map((id) => estimate(row[id])),
    })),
  }
}

function estimates(found: unknown): Named<Estimate>[] {
  return Object.entries(values(found)).flatMap(([id, score]) => {
    const read = estimate(score)
    return read ? [{ id, found: read }] : []
  })
}

function estimate(found: unknown): Estimate | undefined {
  const score = values(found)
  const [value, low, high] = [number(score['value']), number(score['low']), number(score['high'])]
  const n = number(score['n'])
  if (value === undefined || low === undefined || high === undefined || n === undefined) {
    return undefined
  }
  return { value, low, high, n }
}

function values(found: unknown): Values {
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? (found as Values)
    : {}
}

function list(found: unknown): unknown[] {
  return Array.isArray(found) ? found : []
}

function text(found: unknown): string {
  return typeof found === 'string' ? found : ''
}

function number(found: unknown): number | undefined {
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}
