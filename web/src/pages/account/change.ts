import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas, unwrap } from '../../api/client'
import { SESSION_KEY } from '../../api/session'

/** Change the account; every page knows it at once. */
export function useAccountChange() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['UserChange']) => unwrap(api.PATCH('/api/v1/account', { body })),
    onSuccess: (user) =>
      queries.setQueryData<Schemas['SessionNote']>(
        SESSION_KEY,
        (note) => note && { ...note, user },
      ),
  })
}
