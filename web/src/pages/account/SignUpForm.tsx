import { useMutation } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ApiError, type Schemas, unwrap } from '../../api/client'
import { useSessionChange } from '../../api/session'
import { Button } from '../../components/Button'
import { Field } from '../../components/Field'
import { Form } from '../../components/Form'
import { Problem } from '../../components/Problem'
import { EmailField } from './EmailField'
import { complaints, focusFirst, LEAST_PASSWORD } from './fields'
import css from './forms.module.css'

/** A new account. The page goes on by itself when the session has changed. */
export function SignUpForm() {
  const { t } = useTranslation('account')
  const changed = useSessionChange()
  const [given, setGiven] = useState({ email: '', password: '', name: '' })
  const [tried, setTried] = useState(false)
  const wrong = complaints({ ...given, fresh: true })
  const signUp = useMutation({
    mutationFn: (body: Schemas['SignUp']) => unwrap(api.POST('/api/v1/account', { body })),
    onSuccess: changed,
  })
  // An address that has an account already is that field's own trouble.
  const taken =
    signUp.error instanceof ApiError && signUp.error.status === 409 ? signUp.error.detail : null
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTried(true)
    if (wrong.email || wrong.password) focusFirst(event.currentTarget, wrong)
    else signUp.mutate({ ...given, email: given.email.trim(), name: given.name.trim() })
  }
  const emailTrouble = tried && wrong.email ? t('signIn.need.email') : undefined
  return (
    <Form onSubmit={submit}>
      <EmailField
        value={given.email}
        error={emailTrouble ?? (taken ? `${taken.message} ${taken.remedy}` : undefined)}
        onChange={(email) => {
          setGiven({ ...given, email })
          if (taken) signUp.reset()
        }}
      />
      <Field
        label={t('signIn.newPassword')}
        name="password"
        type="password"
        autoComplete="new-password"
        value={given.password}
        hint={t('signIn.passwordHint', { least: LEAST_PASSWORD })}
        error={
          tried && wrong.password
            ? t('signIn.need.newPassword', { count: given.password.length, least: LEAST_PASSWORD })
            : undefined
        }
        onChange={(event) => setGiven({ ...given, password: event.target.value })}
      />
      <Field
        label={t('signIn.name')}
        name="name"
        autoComplete="name"
        maxLength={80}
        value={given.name}
        hint={t('signIn.nameHint')}
        onChange={(event) => setGiven({ ...given, name: event.target.value })}
      />
      {signUp.isError && !taken && <Problem error={signUp.error} />}
      <Button kind="strong" type="submit" disabled={signUp.isPending}>
        {t('signIn.goUp')}
      </Button>
      <p className={css.quiet}>{t('signIn.keeps')}</p>
    </Form>
  )
}
