import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, type Schemas, unwrap } from '../../api/client'
import { Button } from '../../components/Button'
import { Problem } from '../../components/Problem'
import { count, day } from '../../lib/dates'
import css from './Users.module.css'
import { USERS } from './users'

const ROLES = ['member', 'curator', 'admin'] as const

interface Props {
  user: Schemas['UserAdmin']
  /** Whether it is the account of the one who looks. */
  mine: boolean
  onRemove: () => void
}

/** One account. */
export function UserRow({ user, mine, onRemove }: Props) {
  const { t } = useTranslation('admin')
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (role: Schemas['User']['role']) =>
      unwrap(
        api.PUT('/api/v1/admin/users/{id}/role', {
          params: { path: { id: user.id } },
          body: { role },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: USERS }),
  })
  const { email, name, role, last_seen_at, locked, results } = user
  const chosen = change.isPending ? change.variables : role
  return (
    <li className={css.user}>
      <p className={css.who}>
        <strong>{name || email}</strong>
        {mine && <em> {t('users.you')}</em>}
        {locked && <em className={css.locked}> {t('users.locked')}</em>}
        {name && <span>{email}</span>}
      </p>
      <p className={css.fact}>
        <span>{t('users.seen')}</span> {last_seen_at ? day(last_seen_at) : t('users.never')}
      </p>
      <p className={css.fact}>
        <span>{t('users.results')}</span> {count(results)}
      </p>
      <select
        aria-label={t('users.roleOf', { email })}
        value={chosen}
        disabled={change.isPending}
        onChange={(event) => {
          const wanted = ROLES.find((known) => known === event.target.value)
          if (wanted) change.mutate(wanted)
        }}
      >
        {ROLES.map((known) => (
          <option key={known} value={known}>
            {t(`roles.${known}`)}
          </option>
        ))}
      </select>
      <Button
        kind="plain"
        aria-label={t('users.removeOf', { email })}
        disabled={mine}
        onClick={onRemove}
      >
        {t('users.remove')}
      </Button>
      {change.isError && <Problem error={change.error} />}
    </li>
  )
}
