import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Actions } from './Actions'
import { Button } from './Button'
import { Dialog } from './Dialog'
import { Problem } from './Problem'

interface Props {
  title: string
  /** The answer that does it: what it does, in a word or two. */
  action: string
  busy: boolean
  error: unknown
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, action, busy, error, onConfirm, onClose, children }: Props) {
  const { t } = useTranslation()
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {error ? <Problem error={error} /> : null}
      <Actions>
        <Button kind="strong" disabled={busy} onClick={onConfirm}>
          {action}
        </Button>
        <Button onClick={onClose}>{t('cancel')}</Button>
      </Actions>
    </Dialog>
  )
}
