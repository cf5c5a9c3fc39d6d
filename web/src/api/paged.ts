import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'

interface Paged {
  items: unknown[]
  next: string | null
  total?: number
}

interface Options {
  enabled?: boolean
  staleTime?: number
  /** Whether the list of the key before stays until the new one is there. */
  keep?: boolean
}

/** A list that comes in pages, as one list that grows. `load` gets the cursor of its page; none for the first. */
export function usePaged<P extends Paged>(
  key: readonly unknown[],
  load: (cursor: string | undefined) => Promise<P>,
  { keep = false, ...options }: Options = {},
) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    ...options,
    ...(keep && { placeholderData: keepPreviousData }),
  })
  const pages = query.data?.pages ?? []
  const items: P['items'][number][] = pages.flatMap((page) => page.items)
  return { query, items, total: pages[0]?.total, pages: pages.length }
}
