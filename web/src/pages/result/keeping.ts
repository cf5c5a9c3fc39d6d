import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api, type Schemas, unwrap } from '../../api/client'
import { keep } from '../../api/pictures'
import type { Subject } from './subject'

type Kept = Schemas['ResultDetail']

export interface Keeping {
  /** Where the picture is kept; undefined while it is not. */
  kept: Kept | undefined
  /** Keep picture and answer, once; a picture that is kept already stays as it is. */
  ensure: () => Promise<Kept>
  /** Let others open its address, or no longer. */
  share: (shared: boolean) => Promise<Kept>
}

/** Keeping the picture of a result page: nothing is kept before the visitor asks for something that needs it. */
export function useKeeping(subject: Subject): Keeping {
  const queries = useQueryClient()
  // Looked at in another way, it is another result, which is not kept yet.
  const [own, setOwn] = useState<{ result: Kept; view: Subject['view'] }>()
  const kept = own && own.view === subject.view ? own.result : subject.kept
  const keeping = useMutation({
    mutationFn: async () => {
      const { parcel, view } = await subject.given()
      return keep(parcel, { view })
    },
    onSuccess: (result) => {
      setOwn({ result, view: subject.view })
      void queries.invalidateQueries({ queryKey: ['results'] })
    },
  })
  // What is being kept, and what was kept before the page is drawn with it: who asks meanwhile gets the same.
  const asked = useRef<{ result: Promise<Kept>; view: Subject['view'] }>(undefined)
  const ensure = async () => {
    if (kept) return kept
    if (asked.current?.view !== subject.view) {
      asked.current = { result: keeping.mutateAsync(), view: subject.view }
    }
    const mine = asked.current
    try {
      return await mine.result
    } catch (error) {
      if (asked.current === mine) asked.current = undefined
      throw error
    }
  }
  const share = async (shared: boolean) => {
    const { id } = await ensure()
    const changed = await unwrap(
      api.PATCH('/api/v1/results/{id}', { params: { path: { id } }, body: { shared } }),
    )
    setOwn({ result: changed, view: subject.view })
    queries.setQueryData(['result', id], changed)
    return changed
  }
  return { kept, ensure, share }
}
