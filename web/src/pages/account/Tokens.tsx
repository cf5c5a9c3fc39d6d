import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Trans, useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { api, type Schemas, unwrap } from '../../api/client'
import { Button } from '../../components/Button'
import { Confirm } from '../../components/Confirm'
import { Copy } from '../../components/Copy'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { day } from '../../lib/dates'
import css from './forms.module.css'
import { Part } from './Part'
import { TokenForm } from './TokenForm'
import { TOKENS } from './tokens'

/** The tokens with which scripts act in one's name. */
export function Tokens() {
  const { t } = useTranslation('account')
  const [fresh, setFresh] = useState<Schemas['TokenSecret'] | null>(null)
  const [asked, setAsked] = useState<Schemas['TokenNote'] | null>(null)
  const { data, error, refetch } = useQuery({
    queryKey: TOKENS,
    queryFn: () => unwrap(api.GET('/api/v1/account/tokens')),
  })
  return (
    <Part title={t('tokens.title')}>
      <p>
        <Trans t={t} i18nKey="tokens.text" components={[<Link key="to" to="/programs" />]} />
      </p>
      <TokenForm onMade={setFresh} />
      {fresh && (
        <div className={css.secret} role="status">
          <h3>{t('tokens.secret', { name: fresh.name })}</h3>
          <p>{t('tokens.once')}</p>
          <Copy label={t('tokens.secret', { name: fresh.name })} text={fresh.token} />
        </div>
      )}
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton height="4rem" />}
      {data?.tokens.length === 0 && <p className={css.quiet}>{t('tokens.none')}</p>}
      {data && data.tokens.length > 0 && (
        <ul className={css.tokens} aria-label={t('tokens.list')}>
          {data.tokens.map((token) => (
            <Token key={token.id} token={token} onRevoke={() => setAsked(token)} />
          ))}
        </ul>
      )}
      {asked && (
        <Revoke
          token={asked}
          onClose={(gone) => {
            setAsked(null)
            if (gone && asked.id === fresh?.id) setFresh(null)
          }}
        />
      )}
    </Part>
  )
}

function Token({ token, onRevoke }: { token: Schemas['TokenNote']; onRevoke: () => void }) {
  const { t } = useTranslation('account')
  const { name, hint, created_at, last_used_at, expires_at } = token
  return (
    <li>
      <p>
        {name}
        <small>
          <code>{hint}…</code>, {t('tokens.made', { day: day(created_at) })},{' '}
          {last_used_at ? t('tokens.used', { day: day(last_used_at) }) : t('tokens.unused')}
          {expires_at && `, ${t('tokens.expires', { day: day(expires_at) })}`}
        </small>
      </p>
      <Button kind="plain" aria-label={t('tokens.revokeOf', { name })} onClick={onRevoke}>
        {t('tokens.revoke')}
      </Button>
    </li>
  )
}

function Revoke({
  token,
  onClose,
}: {
  token: Schemas['TokenNote']
  onClose: (gone: boolean) => void
}) {
  const { t } = useTranslation('account')
  const queries = useQueryClient()
  const revoke = useMutation({
    mutationFn: () =>
      unwrap(api.DELETE('/api/v1/account/tokens/{id}', { params: { path: { id: token.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: TOKENS })
      onClose(true)
    },
  })
  return (
    <Confirm
      title={t('tokens.revokeTitle', { name: token.name })}
      action={t('tokens.revoke')}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
      onClose={() => onClose(false)}
    >
      <p>{t('tokens.revokeText')}</p>
    </Confirm>
  )
}
