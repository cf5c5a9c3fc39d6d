import {
  type InfiniteData,
  type QueryClient,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, type Schemas, unwrap } from '../../api/client'
import { usePaged } from '../../api/paged'

type Job = Schemas['Job']
type Item = Schemas['JobItem']
type Page = Schemas['JobItemPage']
export type Show = 'all' | 'failed'

const POLL_MS = 2000
const FLUSH_MS = 250

const jobKey = (id: string) => ['job', id] as const
const itemsKey = (id: string, show: Show) => ['job', id, 'items', show] as const

const running = (job: Job | undefined) => job?.status === 'queued' || job?.status === 'running'

/** A job that stays up to date while the server works on it: by its events, or by asking again where those don't come. */
export function useJob(id: string) {
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const query = useQuery({
    queryKey: jobKey(id),
    queryFn: () => unwrap(api.GET('/api/v1/jobs/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state }) => (asking && running(state.data) ? POLL_MS : false),
  })
  const listening = running(query.data) && !asking
  useEffect(
    () => (listening ? listen(id, queries, () => setAsking(true)) : undefined),
    [id, listening, queries],
  )
  const { data } = query
  // What has changed while nobody told is fetched with each answer.
  useEffect(() => {
    if (asking && data) void queries.invalidateQueries({ queryKey: [...jobKey(id), 'items'] })
  }, [asking, data, id, queries])
  return query
}

/** The pictures of a job, in the order of the upload. */
export function useItems(id: string, show: Show) {
  return usePaged(itemsKey(id, show), (cursor) =>
    unwrap(
      api.GET('/api/v1/jobs/{id}/items', {
        params: {
          path: { id },
          query: {
            limit: 50,
            ...(show === 'failed' && { status: 'failed' }),
            ...(cursor && { cursor }),
          },
        },
      }),
    ),
  )
}

/** Follow the events of a job until it ends. Returns how to stop. */
function listen(id: string, queries: QueryClient, onSilence: () => void): () => void {
  const source = new EventSource(`/api/v1/jobs/${encodeURIComponent(id)}/events`)
  let arrived: Item[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  // Many items at once are drawn once.
  const flush = () => {
    timer = undefined
    const items = arrived
    arrived = []
    queries.setQueryData<InfiniteData<Page>>(itemsKey(id, 'all'), (old) => withItems(old, items))
    if (items.some(({ status }) => status === 'failed')) {
      void queries.invalidateQueries({ queryKey: itemsKey(id, 'failed') })
    }
  }
  const on = (name: string, then: (data: string) => void) =>
    source.addEventListener(name, ({ data }: MessageEvent<string>) => then(data))

  on('progress', (data) => queries.setQueryData(jobKey(id), JSON.parse(data) as Job))
  on('item', (data) => {
    arrived.push(JSON.parse(data) as Item)
    timer ??= setTimeout(flush, FLUSH_MS)
  })
  on('end', () => void queries.invalidateQueries({ queryKey: jobKey(id) }))
  // The browser connects again by itself, until the server refuses for good.
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) onSilence()
  }
  return () => {
    source.close()
    clearTimeout(timer)
    flush()
    // An item that was finished while its page was on its way may have been missed.
    void queries.invalidateQueries({ queryKey: [...jobKey(id), 'items'] })
  }
}

/** The pages with those of their items replaced that have come anew. */
export function withItems(
  old: InfiniteData<Page> | undefined,
  items: readonly Item[],
): InfiniteData<Page> | undefined {
  if (!old) return undefined
  const fresh = new Map(items.map((item) => [item.position, item]))
  const pages = old.pages.map((page) => ({
    ...page,
    items: page.items.map((item) => fresh.get(item.position) ?? item),
  }))
  return { ...old, pages }
}
