import { useQuery } from '@tanstack/react-query'
import { api, unwrap } from './client'

// They stay the same while the server runs.
const LASTING = { staleTime: Infinity } as const

/** The server's models and limits. */
export function useModels() {
  return useQuery({
    queryKey: ['models'],
    queryFn: () => unwrap(api.GET('/api/v1/models')),
    ...LASTING,
  })
}

/** How good this server's model is on the gallery. */
export function useFigures() {
  return useQuery({
    queryKey: ['models', 'figures'],
    queryFn: () => unwrap(api.GET('/api/v1/models/figures')),
    ...LASTING,
  })
}

/** The reference systems and ours. */
export function useComparison() {
  return useQuery({
    queryKey: ['comparison'],
    queryFn: () => unwrap(api.GET('/api/v1/comparison')),
    ...LASTING,
  })
}
