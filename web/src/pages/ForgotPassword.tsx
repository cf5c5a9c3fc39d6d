import { useMutation } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { api, type Schemas, unwrap } from '../api/client'
import { useSessionQuery } from '../api/session'
import { Button } from '../components/Button'
import { Form } from '../components/Form'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { PageSkeleton } from '../components/Skeleton'
import { EmailField } from './account/EmailField'
import { complaints, focusFirst } from './account/fields'
import css from './SignIn.module.css'

/** Ask for a link by mail, to set a new password with. */
export default function ForgotPassword() {
  const { t } = useTranslation('account')
  const session = useSessionQuery()
  if (session.isPending) return <PageSkeleton />
  const offered = session.data?.password_reset
  return (
    <Page title={t('forgot.title')} lead={offered && t('forgot.lead')}>
      <div className={css.column}>
        {session.isError && <Problem error={session.error} retry={() => void session.refetch()} />}
        {offered === false && <p>{t('forgot.none')}</p>}
        {offered && <Ask />}
        <p>
          <Link to="/sign-in">{t('forgot.back')}</Link>
        </p>
      </div>
    </Page>
  )
}

function Ask() {
  const { t } = useTranslation('account')
  const [email, setEmail] = useState('')
  const [tried, setTried] = useState(false)
  const wrong = complaints({ email, password: 'none is asked for', fresh: false })
  const ask = useMutation({
    mutationFn: (body: Schemas['PasswordForgotten']) =>
      unwrap(api.POST('/api/v1/account/password/reset', { body })),
  })
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTried(true)
    if (wrong.email) focusFirst(event.currentTarget, wrong)
    else ask.mutate({ email: email.trim() })
  }
  return (
    <Form onSubmit={submit}>
      <EmailField
        value={email}
        error={tried && wrong.email ? t('signIn.need.email') : undefined}
        onChange={(typed) => {
          setEmail(typed)
          ask.reset()
        }}
      />
      {ask.isError && <Problem error={ask.error} />}
      <Button kind="strong" type="submit" disabled={ask.isPending}>
        {t('forgot.go')}
      </Button>
      <div role="status">
        {ask.isSuccess && <p className={css.good}>{t('forgot.sent', ask.variables)}</p>}
      </div>
    </Form>
  )
}
