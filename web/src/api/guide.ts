import { useQuery } from '@tanstack/react-query'
import { api, type Schemas, unwrap } from './client'

export type GuideEntry = Schemas['GuideEntry']
export type GuidePage = Schemas['GuidePage']
export type GlossaryTerm = Schemas['GlossaryTerm']

// The guide travels with the server's version: it doesn't change while a tab is open.
const LASTING = { staleTime: Infinity } as const

/** All pages of the guide, in its order. */
export function useGuide() {
  return useQuery({
    queryKey: ['guide'],
    queryFn: () => unwrap(api.GET('/api/v1/guide')),
    ...LASTING,
  })
}

/** One page of the guide. */
export function useGuidePage(id: string) {
  return useQuery({
    queryKey: ['guide', 'page', id],
    queryFn: () => unwrap(api.GET('/api/v1/guide/{id}', { params: { path: { id } } })),
    ...LASTING,
  })
}

/** The glossary, in alphabetical order. */
export function useGlossary() {
  return useQuery({
    queryKey: ['guide', 'glossary'],
    queryFn: () => unwrap(api.GET('/api/v1/guide/glossary')),
    ...LASTING,
  })
}
