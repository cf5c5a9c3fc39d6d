import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'react-router'
import type { Schemas } from '../api/client'
import { useSessionQuery } from '../api/session'
import { signInAddress } from '../lib/returning'
import { Actions } from './Actions'
import { ButtonLink } from './Button'
import { Page } from './Page'
import { Problem } from './Problem'
import { PageSkeleton } from './Skeleton'

type Role = Schemas['User']['role']

const RANK: Record<Role, number> = { member: 0, curator: 1, admin: 2 }

interface Props {
  /** The page's title, which stands there whoever asks. */
  title: string
  least?: Role
  children: (user: Schemas['User']) => ReactNode
}

/** A page for those who are signed in: others learn how to get there. The server decides; this only explains. */
export function Gate({ title, least = 'member', children }: Props) {
  const { t } = useTranslation()
  const here = useLocation()
  const session = useSessionQuery()
  if (session.isPending) return <PageSkeleton />
  if (session.isError) {
    return (
      <Page title={title}>
        <Problem error={session.error} retry={() => void session.refetch()} />
      </Page>
    )
  }
  const { user } = session.data
  if (user && RANK[user.role] >= RANK[least]) return children(user)
  return (
    <Page title={title} lead={user ? t(`gate.${least}`) : t('gate.signIn')}>
      <Actions>
        {user ? (
          <ButtonLink to="/">{t('notFound.home')}</ButtonLink>
        ) : (
          <ButtonLink kind="strong" to={signInAddress(here.pathname + here.search)}>
            {t('nav.signIn')}
          </ButtonLink>
        )}
      </Actions>
    </Page>
  )
}
