import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client'
import { Button } from './Button'
import css from './Problem.module.css'

interface Props {
  error: unknown
  /** What to do for another try; no button without it. */
  retry?: (() => void) | undefined
  children?: ReactNode
}

/** What went wrong, why, and what to do: every error of the site looks like this. */
export function Problem({ error, retry, children }: Props) {
  const { t } = useTranslation()
  const { message, remedy, id } = useProblem(error)
  return (
    <div className={css.problem} role="alert">
      <h2>{t('error.title')}</h2>
      <p>{message}</p>
      {remedy && <p className={css.remedy}>{remedy}</p>}
      {children}
      {retry && <Button onClick={retry}>{t('retry')}</Button>}
      {id && <p className={css.id}>{t('error.request', { id })}</p>}
    </div>
  )
}

function useProblem(error: unknown): { message: string; remedy: string; id: string } {
  const { t } = useTranslation()
  if (error instanceof ApiError && error.offline) {
    return { message: t('error.offline'), remedy: t('error.offlineRemedy'), id: '' }
  }
  if (error instanceof ApiError && error.detail.message) {
    const { message, remedy, request_id } = error.detail
    return { message, remedy, id: error.status >= 500 ? request_id : '' }
  }
  return { message: t('error.unexpected'), remedy: t('error.unexpectedRemedy'), id: '' }
}
