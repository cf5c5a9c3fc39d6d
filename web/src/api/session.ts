import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, forgetCsrf, type Schemas, unwrap } from './client'

/** Under which the session is remembered. */
export const SESSION_KEY = ['session'] as const

/** The question who the server takes the visitor for. */
export const sessionAsked = queryOptions({
  queryKey: SESSION_KEY,
  queryFn: () => unwrap(api.GET('/api/v1/session')),
  staleTime: 60_000,
  retry: false,
})

/** Who the server takes the visitor for, with the state of asking. */
export function useSessionQuery() {
  return useQuery(sessionAsked)
}

/** Who the server takes the visitor for; undefined while that is not known. */
export function useSession(): Schemas['SessionNote'] | undefined {
  return useSessionQuery().data
}

/** To be called after signing in or up: everything that belonged to the one before is forgotten. */
export function useSessionChange(): (note: Schemas['SessionNote']) => void {
  const queries = useQueryClient()
  return (note) => {
    forgetCsrf()
    queries.setQueryData(SESSION_KEY, note)
    // What is on the page is asked for again; everything else when it is next needed.
    void queries.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] })
  }
}
