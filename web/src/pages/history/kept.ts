import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas, unwrap } from '../../api/client'
import { usePaged } from '../../api/paged'

const RESULTS = ['results'] as const

/** The visitor's kept results, the newest first. */
export function useResults() {
  return usePaged(RESULTS, (cursor) =>
    unwrap(api.GET('/api/v1/results', { params: { query: cursor ? { cursor } : {} } })),
  )
}

/** The visitor's jobs, the newest first. */
export function useJobs() {
  return usePaged(['jobs'], (cursor) =>
    unwrap(api.GET('/api/v1/jobs', { params: { query: cursor ? { cursor } : {} } })),
  )
}

/** Rename or share a result. The list shows it at once when the server has done it. */
export function useChange(id: string, then?: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['ResultChange']) =>
      unwrap(api.PATCH('/api/v1/results/{id}', { params: { path: { id } }, body })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: RESULTS })
      await queries.invalidateQueries({ queryKey: ['result', id] })
      then?.()
    },
  })
}

/** Delete a result. */
export function useRemoval(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/results/{id}', { params: { path: { id } } })),
    onSuccess: () => {
      queries.removeQueries({ queryKey: ['result', id] })
      return queries.invalidateQueries({ queryKey: RESULTS })
    },
  })
}
