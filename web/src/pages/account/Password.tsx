import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ApiError, type Schemas, unwrap } from '../../api/client'
import { SESSION_KEY, useSession } from '../../api/session'
import { Button } from '../../components/Button'
import { Field } from '../../components/Field'
import { Form } from '../../components/Form'
import { Problem } from '../../components/Problem'
import { LEAST_PASSWORD } from './fields'
import css from './forms.module.css'
import { Part } from './Part'

const NOTHING = { current: '', fresh: '' }

/** A new password; the current one is asked for where there is one. */
export function Password({ user }: { user: Schemas['User'] }) {
  const { t } = useTranslation('account')
  const provider = useSession()?.openid?.name
  const [given, setGiven] = useState(NOTHING)
  const [tried, setTried] = useState(false)
  const change = useChange(() => {
    setGiven(NOTHING)
    setTried(false)
  })
  const short = given.fresh.length < LEAST_PASSWORD
  const missing = user.has_password && given.current === ''
  const wrong =
    change.error instanceof ApiError && change.error.detail.code === 'wrong-password'
      ? `${change.error.message} ${change.error.detail.remedy}`
      : undefined
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    setTried(true)
    if (short || missing) return
    change.mutate({ new: given.fresh, ...(user.has_password && { current: given.current }) })
  }
  return (
    <Part title={t('password.title')}>
      {!user.has_password && (
        <p>{t('password.none', { name: provider ?? t('password.elsewhere') })}</p>
      )}
      <Form onSubmit={submit}>
        {/* Password managers want to know whose password it is. */}
        <input type="text" autoComplete="username" defaultValue={user.email} hidden readOnly />
        {user.has_password && (
          <Field
            label={t('password.current')}
            type="password"
            autoComplete="current-password"
            value={given.current}
            error={(tried && missing && t('password.needCurrent')) || wrong}
            onChange={(event) => setGiven({ ...given, current: event.target.value })}
          />
        )}
        <Field
          label={t('password.new')}
          type="password"
          autoComplete="new-password"
          value={given.fresh}
          hint={t('signIn.passwordHint', { least: LEAST_PASSWORD })}
          error={
            tried && short
              ? t('signIn.need.newPassword', { count: given.fresh.length, least: LEAST_PASSWORD })
              : undefined
          }
          onChange={(event) => setGiven({ ...given, fresh: event.target.value })}
        />
        {change.isError && !wrong && <Problem error={change.error} />}
        <Button type="submit" disabled={change.isPending}>
          {t(user.has_password ? 'password.change' : 'password.set')}
        </Button>
        <p role="status" className={css.saved}>
          {change.isSuccess && t('password.done')}
        </p>
      </Form>
    </Part>
  )
}

function useChange(then: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['PasswordChange']) =>
      unwrap(api.PUT('/api/v1/account/password', { body })),
    onSuccess: () => {
      then()
      return queries.invalidateQueries({ queryKey: SESSION_KEY })
    },
  })
}
