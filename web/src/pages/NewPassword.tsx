import { useMutation } from '@tanstack/react-query'
import { type SubmitEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useNavigate } from 'react-router'
import { api, ApiError, type Schemas, unwrap } from '../api/client'
import { Button, ButtonLink } from '../components/Button'
import { Field } from '../components/Field'
import { Form } from '../components/Form'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { leaveTo } from '../lib/leaving'
import { focusFirst, LEAST_PASSWORD } from './account/fields'
import css from './SignIn.module.css'

/** Set a new password, with what the link in the mail brought along. */
export default function NewPassword() {
  const { t } = useTranslation('account')
  const token = useToken()
  return (
    <Page title={t('fresh.title')}>
      <div className={css.column}>
        {token ? (
          <Choose token={token} />
        ) : (
          <>
            <p>{t('fresh.incomplete')}</p>
            <ButtonLink to="/forgot-password">{t('fresh.again')}</ButtonLink>
          </>
        )}
      </div>
    </Page>
  )
}

/** What stands behind # in the link: no server is ever sent it, and it does not stay in the address bar. */
function useToken(): string {
  const { hash, pathname } = useLocation()
  const navigate = useNavigate()
  const found = /^#([\w-]{43})$/.exec(hash)?.[1] ?? ''
  const [token, setToken] = useState(found)
  // A second link, opened in the same tab.
  if (found && found !== token) setToken(found)
  useEffect(() => {
    if (found) void navigate(pathname, { replace: true })
  }, [found, pathname, navigate])
  return found || token
}

function Choose({ token }: { token: string }) {
  const { t } = useTranslation('account')
  const [fresh, setFresh] = useState('')
  const [tried, setTried] = useState(false)
  const short = fresh.length < LEAST_PASSWORD
  const change = useMutation({
    mutationFn: (body: Schemas['PasswordReset']) =>
      unwrap(api.PUT('/api/v1/account/password/reset', { body })),
    onSuccess: () => leaveTo('/sign-in?changed=yes'),
  })
  const gone = change.error instanceof ApiError && change.error.status === 410
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTried(true)
    if (short) focusFirst(event.currentTarget, { email: false, password: true })
    else change.mutate({ token, new: fresh })
  }
  return (
    <Form onSubmit={submit}>
      <Field
        label={t('password.new')}
        name="password"
        type="password"
        autoComplete="new-password"
        value={fresh}
        hint={t('signIn.passwordHint', { least: LEAST_PASSWORD })}
        error={
          tried && short
            ? t('signIn.need.newPassword', { count: fresh.length, least: LEAST_PASSWORD })
            : undefined
        }
        onChange={(event) => setFresh(event.target.value)}
      />
      {change.isError && (
        <Problem error={change.error}>
          {gone && <Link to="/forgot-password">{t('fresh.again')}</Link>}
        </Problem>
      )}
      <Button kind="strong" type="submit" disabled={change.isPending}>
        {t('fresh.go')}
      </Button>
      <p className={css.quiet}>{t('fresh.ends')}</p>
    </Form>
  )
}
