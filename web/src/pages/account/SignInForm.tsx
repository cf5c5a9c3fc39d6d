import { useMutation } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Schemas, unwrap } from '../../api/client'
import { useSessionChange } from '../../api/session'
import { Button } from '../../components/Button'
import { Field } from '../../components/Field'
import { Form } from '../../components/Form'
import { Problem } from '../../components/Problem'
import { EmailField } from './EmailField'
import { complaints, focusFirst } from './fields'

/** E-mail and password of an account that there is. The page goes on by itself when the session has changed. */
export function SignInForm() {
  const { t } = useTranslation('account')
  const changed = useSessionChange()
  const [given, setGiven] = useState({ email: '', password: '' })
  const [tried, setTried] = useState(false)
  const wrong = complaints({ ...given, fresh: false })
  const signIn = useMutation({
    mutationFn: (body: Schemas['Credentials']) => unwrap(api.POST('/api/v1/session', { body })),
    onSuccess: changed,
  })
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTried(true)
    if (wrong.email || wrong.password) focusFirst(event.currentTarget, wrong)
    else signIn.mutate({ ...given, email: given.email.trim() })
  }
  return (
    <Form onSubmit={submit}>
      <EmailField
        value={given.email}
        error={tried && wrong.email ? t('signIn.need.email') : undefined}
        onChange={(email) => setGiven({ ...given, email })}
      />
      <Field
        label={t('signIn.password')}
        name="password"
        type="password"
        autoComplete="current-password"
        value={given.password}
        error={tried && wrong.password ? t('signIn.need.password') : undefined}
        onChange={(event) => setGiven({ ...given, password: event.target.value })}
      />
      {signIn.isError && <Problem error={signIn.error} />}
      <Button kind="strong" type="submit" disabled={signIn.isPending}>
        {t('signIn.goIn')}
      </Button>
    </Form>
  )
}
