export const KINDS = ['galaxy', 'cluster', 'nebula', 'lens', 'none'] as const
export type Kind = (typeof KINDS)[number]

/** The kind with an id; undefined for one that there are no words for. */
export const kindOf = (id: string): Kind | undefined => KINDS.find((known) => known === id)
