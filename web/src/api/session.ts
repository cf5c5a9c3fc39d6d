import { type QueryClient, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { api, ApiError, forgetCsrf, type Schemas, unwrap } from './client'

/** Under which the session is remembered. */
export const SESSION_KEY = ['session'] as const

// For so long nobody asks again who one is.
const FRESH = 60_000

/** The question who the server takes the visitor for. */
export const sessionAsked = queryOptions({
  queryKey: SESSION_KEY,
  queryFn: () => unwrap(api.GET('/api/v1/session')),
  staleTime: FRESH,
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
    tellTabs()
  }
}

/** Tell the other tabs that somebody signed in or out. */
export function tellTabs(): void {
  tabs()?.postMessage('changed')
}

// One for the tab: it does not hear what it says itself.
let channel: BroadcastChannel | undefined

function tabs(): BroadcastChannel | undefined {
  if ('BroadcastChannel' in window) channel ??= new BroadcastChannel('skyform-session')
  return channel
}

/** Notices that the session has changed elsewhere: in another tab, or because it has ended. To be used once, around all pages. */
export function useSessionWatch(): void {
  const queries = useQueryClient()
  useEffect(() => {
    const heard = new AbortController()
    const { signal } = heard
    const forget = () => forgetAll(queries, { session: true })
    const look = () => {
      if (document.visibilityState === 'visible') void lookAgain(queries, FRESH)
    }
    const failed = (error: unknown) => {
      const known = queries.getQueryData(sessionAsked.queryKey)?.user
      if (known && error instanceof ApiError && error.status === 401) void lookAgain(queries, 0)
    }
    tabs()?.addEventListener('message', forget, { signal })
    document.addEventListener('visibilitychange', look, { signal })
    signal.addEventListener(
      'abort',
      queries.getQueryCache().subscribe((event) => {
        if (event.type === 'updated' && event.action.type === 'error') failed(event.action.error)
      }),
    )
    signal.addEventListener(
      'abort',
      queries.getMutationCache().subscribe((event) => {
        if (event.type === 'updated' && event.action.type === 'error') failed(event.action.error)
      }),
    )
    return () => heard.abort()
  }, [queries])
}

/** Ask who one is; where that is another than before, nothing of theirs stays. */
async function lookAgain(queries: QueryClient, staleTime: number): Promise<void> {
  const before = queries.getQueryData(sessionAsked.queryKey)
  const now = await queries.query({ ...sessionAsked, staleTime }).catch(() => undefined)
  if (before && now && before.user?.id !== now.user?.id) forgetAll(queries, { session: false })
}

// Pictures in hand and the game belong to the tab, not to the account.
const OF_THE_TAB: readonly unknown[] = ['classify', 'evidence', 'play', 'preview', 'sample']

function forgetAll(queries: QueryClient, { session }: { session: boolean }): void {
  forgetCsrf()
  void queries.resetQueries({
    predicate: ({ queryKey: [first] }) =>
      first === SESSION_KEY[0] ? session : !OF_THE_TAB.includes(first),
  })
}
