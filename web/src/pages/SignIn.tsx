import { useTranslation } from 'react-i18next'
import { Link, Navigate, useSearchParams } from 'react-router'
import type { Schemas } from '../api/client'
import { useSessionQuery } from '../api/session'
import { ButtonAnchor } from '../components/Button'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { PageSkeleton } from '../components/Skeleton'
import { Tabs } from '../components/Tabs'
import { returnAddress } from '../lib/returning'
import { SignInForm } from './account/SignInForm'
import { SignUpForm } from './account/SignUpForm'
import css from './SignIn.module.css'

/** Sign in, or make an account; afterwards back to where one came from. */
export default function SignIn() {
  const { t } = useTranslation('account')
  const [params] = useSearchParams()
  const session = useSessionQuery()
  const to = returnAddress(params.get('to'))
  if (session.isPending) return <PageSkeleton />
  if (session.isError) {
    return (
      <Page title={t('signIn.title')}>
        <Problem error={session.error} retry={() => void session.refetch()} />
      </Page>
    )
  }
  if (session.data.user) return <Navigate to={to} replace />
  const fresh = session.data.registration && params.get('new') !== null
  return (
    <Page title={t(fresh ? 'signIn.upTitle' : 'signIn.title')} lead={t('signIn.lead')}>
      <div className={css.column}>
        {params.get('gone') !== null && <Done text={t('erase.done')} />}
        {params.get('changed') !== null && <Done text={t('fresh.done')} />}
        {session.data.registration && <Ways fresh={fresh} to={params.get('to')} />}
        {fresh ? <SignUpForm /> : <SignInForm />}
        {!fresh && session.data.password_reset && (
          <p>
            <Link to="/forgot-password">{t('signIn.forgot')}</Link>
          </p>
        )}
        {session.data.openid && <Elsewhere provider={session.data.openid} to={to} />}
      </div>
    </Page>
  )
}

/** What has just been done, on the page before. */
function Done({ text }: { text: string }) {
  return (
    <p className={css.good} role="status">
      {text}
    </p>
  )
}

function Ways({ fresh, to }: { fresh: boolean; to: string | null }) {
  const { t } = useTranslation('account')
  const address = (more: Record<string, string>) =>
    `/sign-in?${new URLSearchParams({ ...more, ...(to !== null && { to }) })}`
  return (
    <Tabs
      label={t('signIn.views')}
      tabs={[
        { to: address({}), text: t('signIn.in'), here: !fresh },
        { to: address({ new: 'yes' }), text: t('signIn.up'), here: fresh },
      ]}
    />
  )
}

/** Another service that vouches for the visitor. */
function Elsewhere({ provider, to }: { provider: Schemas['OpenIdNote']; to: string }) {
  const { t } = useTranslation('account')
  const joint = provider.url.includes('?') ? '&' : '?'
  return (
    <>
      <p className={css.or}>{t('signIn.or')}</p>
      <ButtonAnchor href={`${provider.url}${joint}next=${encodeURIComponent(to)}`}>
        {t('signIn.openid', { name: provider.name })}
      </ButtonAnchor>
    </>
  )
}
