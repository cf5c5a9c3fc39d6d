import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { Actions } from '../../components/Actions'
import { Button } from '../../components/Button'
import { Confirm } from '../../components/Confirm'
import { Copy } from '../../components/Copy'
import { Dialog } from '../../components/Dialog'
import { Field } from '../../components/Field'
import { Form } from '../../components/Form'
import { Problem } from '../../components/Problem'
import { useChange, useRemoval } from './kept'

interface Props {
  result: Schemas['ResultSummary']
  onClose: () => void
}

/** Another name for a kept picture. */
export function Rename({ result, onClose }: Props) {
  const { t } = useTranslation(['history', 'common'])
  const [title, setTitle] = useState(result.title)
  const change = useChange(result.id, onClose)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    change.mutate({ title: title.trim() })
  }
  return (
    <Dialog title={t('renameOf', { title: result.title })} onClose={onClose}>
      <Form onSubmit={submit}>
        <Field
          label={t('name')}
          value={title}
          maxLength={120}
          required
          onChange={(event) => setTitle(event.target.value)}
        />
        {change.isError && <Problem error={change.error} />}
        <Actions>
          <Button kind="strong" type="submit" disabled={change.isPending || !title.trim()}>
            {t('common:save')}
          </Button>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
        </Actions>
      </Form>
    </Dialog>
  )
}

/** Whether others may see it, and its address. */
export function Share({ result, onClose }: Props) {
  const { t } = useTranslation(['history', 'common'])
  const change = useChange(result.id)
  const { shared } = result
  return (
    <Dialog title={t('shareOf', { title: result.title })} onClose={onClose}>
      <p>{t('shareText')}</p>
      {shared && <Copy label={t('address')} text={`${location.origin}/r/${result.id}`} />}
      {change.isError && <Problem error={change.error} />}
      <Actions>
        <Button
          kind={shared ? 'normal' : 'strong'}
          disabled={change.isPending}
          onClick={() => change.mutate({ shared: !shared })}
        >
          {t(shared ? 'shareStop' : 'shareStart')}
        </Button>
        <Button onClick={onClose}>{t('common:close')}</Button>
      </Actions>
    </Dialog>
  )
}

/** Asks before a kept picture is deleted. */
export function Remove({ result, onClose }: Props) {
  const { t } = useTranslation('history')
  const removal = useRemoval(result.id)
  return (
    <Confirm
      title={t('removeTitle', { title: result.title })}
      action={t('remove')}
      busy={removal.isPending}
      error={removal.error}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    >
      <p>{t('removeText')}</p>
    </Confirm>
  )
}
