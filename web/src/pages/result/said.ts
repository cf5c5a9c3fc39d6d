import type { Classification, Schemas } from '../../api/client'

// The answers that the sentence's noun rests on, as in `skyform/schema/words.py`.
const NOUN = ['smooth-or-features.', 'edge-on.', 'spiral.yes', 'roundness.']

/** How sure the first words of the sentence are: the least sure of the kind and of the answers that name it. */
export function certainty({ kind, rolled_up, answers }: Classification): number | null {
  if (kind && kind.id !== 'galaxy') return kind.confidence
  const named = answers.filter(
    (a) => rolled_up.includes(a.id) && NOUN.some((start) => a.id.startsWith(start)),
  )
  const chances = named.map((a) => a.confidence ?? a.fraction)
  if (kind) chances.push(kind.confidence)
  return chances.length > 0 ? Math.min(...chances) : null
}

/** Whether the tree's answers mean something for the picture. */
export function mayBeGalaxy({ kind }: Classification): boolean {
  return kind === null || kind.id === 'galaxy'
}

export type Standing = 'answered' | 'undecided' | 'other' | 'unfamiliar'

/** How the answer is to be taken: as it is, or with an honest word before it. */
export function standing({ kind, flags }: Classification): Standing {
  const has = (code: string) => flags.some((f) => f.code === code)
  if (kind?.id === 'none' && kind.confidence >= 0.66) return 'other'
  if (has('unfamiliar')) return 'unfamiliar'
  return has('unsure') ? 'undecided' : 'answered'
}

// People ask for these, in this order; any others follow.
const FIRST = ['hubble', 'galaxy10_sdss', 'galaxy10_decals', 'galaxy_zoo_1']

/** The schemes of the answer, those that the model learnt itself first. */
export function schemesOf(
  { classes }: Classification,
  taxonomies: readonly Schemas['TaxonomyEntry'][],
): Schemas['TaxonomyEntry'][] {
  const rank = ({ id, learned }: Schemas['TaxonomyEntry']) => {
    const at = FIRST.indexOf(id)
    return learned ? -1 : at < 0 ? FIRST.length : at
  }
  return taxonomies.filter((t) => t.id in classes).sort((a, b) => rank(a) - rank(b))
}
