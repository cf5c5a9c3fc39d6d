import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Classification, Schemas } from '../../api/client'
import { classify, type Parcel, type View } from '../../api/pictures'

/** The picture that a result page speaks of: in hand, or kept. */
export interface Subject {
  /** For caches: another picture has another one. */
  key: string
  name: string
  /** An address that the browser can show; empty while there is none. */
  picture: string
  credit?: { credit: string; licence: string }
  /** How the visitor wants it looked at. */
  view: View
  /** For another question about it: the picture, and the view in the pixels of that very file. */
  given: () => Promise<{ parcel: Parcel; view: View }>
  /** Where the picture was kept already. */
  kept?: Schemas['ResultDetail']
}

/** A map of what an answer rests on, over the frame of the picture. */
export interface Evidence {
  of: string
  rows: number[][]
}

/** The evidence for an answer: the one that came with the classification, or asked for. */
export function useEvidence(
  subject: Subject,
  answer: Classification,
  of: string,
): { evidence: Evidence | undefined; waiting: boolean } {
  const given = answer.evidence && answer.evidence_of === of
  const { data, isFetching } = useQuery({
    queryKey: ['evidence', subject.key, subject.view, of],
    queryFn: async ({ signal }): Promise<Evidence | null> => {
      const { parcel, view } = await subject.given()
      const said = await classify(parcel, { view, evidenceOf: of }, signal)
      return said.evidence ? { of: said.evidence_of, rows: said.evidence } : null
    },
    enabled: of !== '' && !given,
    staleTime: Infinity,
    gcTime: 600_000,
    retry: false,
    placeholderData: keepPreviousData,
  })
  if (given && answer.evidence) return { evidence: { of, rows: answer.evidence }, waiting: false }
  return { evidence: data?.of === of ? data : undefined, waiting: isFetching }
}
