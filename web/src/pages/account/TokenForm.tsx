import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Schemas, unwrap } from '../../api/client'
import { Button } from '../../components/Button'
import { Choice, Field } from '../../components/Field'
import { Form } from '../../components/Form'
import { Problem } from '../../components/Problem'
import { TOKENS } from './tokens'

const LIVES = [30, 90, 365]

/** Makes a token; its secret is handed on, since it is told only once. */
export function TokenForm({ onMade }: { onMade: (token: Schemas['TokenSecret']) => void }) {
  const { t } = useTranslation('account')
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [tried, setTried] = useState(false)
  const create = useMutation({
    mutationFn: (body: Schemas['TokenCreate']) =>
      unwrap(api.POST('/api/v1/account/tokens', { body })),
    onSuccess: (token) => {
      onMade(token)
      setName('')
      setTried(false)
      return queries.invalidateQueries({ queryKey: TOKENS })
    },
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    setTried(true)
    if (name.trim()) create.mutate({ name: name.trim(), ...(days && { days: Number(days) }) })
  }
  return (
    <Form onSubmit={submit}>
      <Field
        label={t('tokens.name')}
        hint={t('tokens.nameHint')}
        maxLength={80}
        autoComplete="off"
        value={name}
        error={tried && !name.trim() ? t('tokens.needName') : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <Choice
        label={t('tokens.days')}
        value={days}
        onChange={(event) => setDays(event.target.value)}
      >
        {LIVES.map((count) => (
          <option key={count} value={count}>
            {t('tokens.after', { count })}
          </option>
        ))}
        <option value="">{t('tokens.never')}</option>
      </Choice>
      {create.isError && <Problem error={create.error} />}
      <Button type="submit" disabled={create.isPending}>
        {t('tokens.create')}
      </Button>
    </Form>
  )
}
