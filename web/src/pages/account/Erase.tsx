import { useMutation } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Schemas, unwrap } from '../../api/client'
import { Actions } from '../../components/Actions'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { Field } from '../../components/Field'
import { Form } from '../../components/Form'
import { Problem } from '../../components/Problem'
import { leaveTo } from '../../lib/leaving'
import { Part } from './Part'

/** Delete the account with everything in it. */
export function Erase({ user }: { user: Schemas['User'] }) {
  const { t } = useTranslation('account')
  const [open, setOpen] = useState(false)
  return (
    <Part title={t('erase.title')}>
      <p>{t('erase.text')}</p>
      <Button onClick={() => setOpen(true)}>{t('erase.open')}</Button>
      {open && <Sure email={user.email} onClose={() => setOpen(false)} />}
    </Part>
  )
}

/** Only who types the address is sure. */
function Sure({ email, onClose }: { email: string; onClose: () => void }) {
  const { t } = useTranslation(['account', 'common'])
  const [typed, setTyped] = useState('')
  const erase = useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/account')),
    onSuccess: () => leaveTo('/sign-in?gone=yes'),
  })
  const sure = typed.trim().toLowerCase() === email.toLowerCase()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (sure) erase.mutate()
  }
  return (
    <Dialog title={t('erase.question')} onClose={onClose}>
      <p>{t('erase.text')}</p>
      <Form onSubmit={submit}>
        <Field
          label={t('erase.type', { email })}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        {erase.isError && <Problem error={erase.error} />}
        <Actions>
          <Button type="submit" kind="strong" disabled={!sure || erase.isPending}>
            {t('erase.go')}
          </Button>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
        </Actions>
      </Form>
    </Dialog>
  )
}
