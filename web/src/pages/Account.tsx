import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, type Schemas, unwrap } from '../api/client'
import { Button, ButtonAnchor } from '../components/Button'
import { Gate } from '../components/Gate'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { day } from '../lib/dates'
import { leaveTo } from '../lib/leaving'
import { Erase } from './account/Erase'
import { KeepHistory } from './account/KeepHistory'
import { Name } from './account/Name'
import { Part } from './account/Part'
import { Password } from './account/Password'
import { Tokens } from './account/Tokens'
import css from './Account.module.css'

/** One's own account. */
export default function Account() {
  const { t } = useTranslation('account')
  return <Gate title={t('title')}>{(user) => <Own user={user} />}</Gate>
}

function Own({ user }: { user: Schemas['User'] }) {
  const { t } = useTranslation('account')
  return (
    <Page title={t('title')}>
      <div className={css.who}>
        <p>
          {t('signedInAs', { email: user.email, day: day(user.created_at) })}{' '}
          {user.role !== 'member' && t(`roles.${user.role}`)}
        </p>
        <SignOut />
      </div>
      <Name user={user} />
      <KeepHistory user={user} />
      <Password user={user} />
      <Tokens />
      <Part title={t('export.title')}>
        <p>{t('export.text')}</p>
        <ButtonAnchor href="/api/v1/account/export" download>
          {t('export.get')}
        </ButtonAnchor>
      </Part>
      <Erase user={user} />
    </Page>
  )
}

function SignOut() {
  const { t } = useTranslation('account')
  const signOut = useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/session')),
    onSuccess: () => leaveTo('/'),
  })
  return (
    <>
      <Button disabled={signOut.isPending} onClick={() => signOut.mutate()}>
        {t('signOut')}
      </Button>
      {signOut.isError && <Problem error={signOut.error} />}
    </>
  )
}
