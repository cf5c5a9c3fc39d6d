import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import { ApiError } from '../../api/client'
import { classify, keep, preview, type View } from '../../api/pictures'
import { sessionAsked } from '../../api/session'
import type { Picture } from '../../lib/hand'
import type { Limit } from './limit'

const LONG = 1_800_000

/**
 * The question about a picture; asked once for each way of looking at it. For an account that keeps its history the first look is kept
 * with it.
 */
export function asking(
  picture: Picture,
  { view, limit }: { view: View; limit: Limit | undefined },
) {
  return queryOptions({
    queryKey: ['classify', picture.id, view],
    queryFn: async ({ signal, client }) => {
      if (limit && picture.file.size > limit.bytes) {
        const { message, remedy } = limit
        throw new ApiError(413, { code: 'upload-too-large', message, remedy, request_id: '' })
      }
      if (isPlain(view) && !picture.credit && (await keepsHistory(client))) {
        const kept = await keep(picture, { view })
        client.setQueryData(['result', kept.id], kept)
        void client.invalidateQueries({ queryKey: ['results'] })
        return kept.classification
      }
      return classify(picture, { view, details: true }, signal)
    },
    staleTime: Infinity,
    gcTime: LONG,
    // Another frame of the same picture: the answer before stays until the new one is there.
    placeholderData: keepPreviousData,
  })
}

/** Only the first look at a picture is history; adjusting its frame is not, and neither is a sample. */
function isPlain({ crop, stretch }: View): boolean {
  return !crop && !stretch
}

/** Whether the visitor has an account that keeps what it classifies; without an answer nothing is kept. */
async function keepsHistory(client: QueryClient): Promise<boolean> {
  const session = await client
    .query({ ...sessionAsked, staleTime: 'static' })
    .catch(() => undefined)
  return session?.user?.keep_history ?? false
}

/** The picture as the server reads it, for what browsers do not show. */
export function previewing(picture: Picture, { view, needed }: { view: View; needed: boolean }) {
  return queryOptions({
    queryKey: ['preview', picture.id, view.stretch],
    queryFn: ({ signal }) => preview(picture, { view }, signal),
    staleTime: Infinity,
    enabled: needed,
    placeholderData: keepPreviousData,
  })
}

/** Formats that no browser shows. */
export function needsPreview({ name, file }: Picture): boolean {
  return /\.(fits?|fts|fz|tiff?)(\.gz)?$/i.test(name) || /fits|tiff/.test(file.type)
}
