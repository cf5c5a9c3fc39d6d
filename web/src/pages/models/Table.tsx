import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import css from './Table.module.css'

/** A table that may be wider than a phone: then it scrolls by itself, also by keyboard. */
export function Table({ label, children }: { label: string; children: ReactNode }) {
  const { t } = useTranslation('models')
  return (
    // What scrolls must be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={css.scroll} role="region" aria-label={t('table', { name: label })} tabIndex={0}>
      <table className={css.table}>{children}</table>
    </div>
  )
}
