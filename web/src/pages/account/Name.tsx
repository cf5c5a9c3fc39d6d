import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { Button } from '../../components/Button'
import { Field } from '../../components/Field'
import { Form } from '../../components/Form'
import { Problem } from '../../components/Problem'
import { useAccountChange } from './change'
import css from './forms.module.css'
import { Part } from './Part'

/** What one is called. */
export function Name({ user }: { user: Schemas['User'] }) {
  const { t } = useTranslation(['account', 'common'])
  const [name, setName] = useState(user.name)
  const change = useAccountChange()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    change.mutate({ name: name.trim() })
  }
  return (
    <Part title={t('you.title')}>
      <Form onSubmit={submit}>
        <Field
          label={t('you.name')}
          hint={t('you.nameHint')}
          autoComplete="name"
          maxLength={80}
          value={name}
          onChange={(event) => {
            setName(event.target.value)
            change.reset()
          }}
        />
        {change.isError && <Problem error={change.error} />}
        <Button type="submit" disabled={change.isPending || name.trim() === user.name}>
          {t('common:save')}
        </Button>
        <p role="status" className={css.saved}>
          {change.isSuccess && t('saved')}
        </p>
      </Form>
    </Part>
  )
}
