import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { api, type Schemas, unwrap } from '../../api/client'
import { usePaged } from '../../api/paged'
import { Confirm } from '../../components/Confirm'
import { Empty } from '../../components/Empty'
import { Field } from '../../components/Field'
import { More } from '../../components/More'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { count } from '../../lib/dates'
import { UserRow } from './UserRow'
import css from './Users.module.css'
import { USERS } from './users'

type User = Schemas['UserAdmin']

/** The accounts: searched, given roles, deleted. */
export function Users({ me }: { me: string }) {
  const { t } = useTranslation('admin')
  const [params, setParams] = useSearchParams()
  const search = params.get('search') ?? ''
  const { query, items, total } = useUsers(useDeferredValue(search))
  const [asked, setAsked] = useState<User | null>(null)
  return (
    <section className={css.users} aria-labelledby="users">
      <h2 id="users">{t('users.title')}</h2>
      <div className={css.search}>
        <Field
          label={t('users.search')}
          type="search"
          value={search}
          onChange={({ target }) =>
            setParams(target.value ? { search: target.value } : {}, { replace: true })
          }
        />
        <p role="status">
          {total !== undefined && t('users.count', { count: total, formatted: count(total) })}
        </p>
      </div>
      {query.isPending && <Skeleton height="16rem" />}
      {query.isError && <Problem error={query.error} retry={() => void query.refetch()} />}
      {total === 0 && (
        <Empty title={t('users.none')}>
          <p>{t('users.noneText')}</p>
        </Empty>
      )}
      {items.length > 0 && (
        <ul className={css.list}>
          {items.map((user) => (
            <UserRow
              key={user.id}
              user={user}
              mine={user.id === me}
              onRemove={() => setAsked(user)}
            />
          ))}
        </ul>
      )}
      <More query={query} shown={items.length} total={total} />
      {asked && <Remove user={asked} onClose={() => setAsked(null)} />}
    </section>
  )
}

function useUsers(search: string) {
  return usePaged(
    [...USERS, search],
    (cursor) =>
      unwrap(
        api.GET('/api/v1/admin/users', {
          params: { query: { search, ...(cursor && { cursor }) } },
        }),
      ),
    { keep: true },
  )
}

function Remove({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation('admin')
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () =>
      unwrap(api.DELETE('/api/v1/admin/users/{id}', { params: { path: { id: user.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['admin'] })
      onClose()
    },
  })
  return (
    <Confirm
      title={t('users.removeTitle', { email: user.email })}
      action={t('users.remove')}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>{t('users.removeText')}</p>
    </Confirm>
  )
}
