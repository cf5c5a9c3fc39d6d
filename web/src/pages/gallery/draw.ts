import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { api, type Schemas, unwrap } from '../../api/client'

type Exhibit = Schemas['ExhibitDetail']

/** One exhibit with the model's whole statement, by its id. */
export const exhibitQuery = (id: string) => ({
  queryKey: ['exhibit', id],
  queryFn: () => unwrap(api.GET('/api/v1/gallery/{id}', { params: { path: { id } } })),
  staleTime: Infinity,
})

/** A random exhibit that is not the one that is shown. */
const drawQuery = (shown: string | undefined) => ({
  queryKey: ['gallery', 'draw', shown],
  queryFn: () => draw(shown),
  staleTime: Infinity,
})

/**
 * A random exhibit on the stage, and the next one, which is fetched with its picture while this one is looked at, so that the
 * button answers at once. The exhibit's id stands in the address (`one`), so that it can be shared and the way back leads to it.
 */
export function useDraw() {
  const queries = useQueryClient()
  const [params, setParams] = useSearchParams()
  const id = params.get('one')
  const first = useQuery({ ...drawQuery(undefined), enabled: id === null })
  const given = useQuery({ ...exhibitQuery(id ?? ''), enabled: id !== null })
  const now = id === null ? first : given
  const exhibit = now.data
  // Once shown, a draw is forgotten: the same galaxy is not always followed by the same one.
  const upcoming = { ...drawQuery(exhibit?.id ?? ''), gcTime: 0 }
  useQuery({ ...upcoming, enabled: exhibit !== undefined })

  const next = useMutation({
    mutationFn: () => queries.query(upcoming),
    onSuccess: (drawn) => {
      queries.setQueryData(exhibitQuery(drawn.id).queryKey, drawn)
      setParams((address) => {
        const changed = new URLSearchParams(address)
        changed.set('one', drawn.id)
        return changed
      })
    },
  })
  return {
    exhibit,
    error: now.error ?? next.error,
    next: () => next.mutate(),
    retry: now.error ? () => void now.refetch() : () => next.mutate(),
  }
}

async function draw(shown: string | undefined): Promise<Exhibit> {
  let exhibit = await random()
  if (exhibit.id === shown) exhibit = await random()
  await load(exhibit.picture)
  return exhibit
}

const random = () => unwrap(api.GET('/api/v1/gallery/random'))

/** Resolves when the picture is in the browser's cache, or will not come: its place in the page then says so. */
async function load(address: string): Promise<void> {
  const picture = new Image()
  picture.src = address
  await picture.decode().catch(() => undefined)
}
