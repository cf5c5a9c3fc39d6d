import { type ReactNode, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import css from './Page.module.css'

interface Props {
  /** For the browser's tab and as the page's heading. */
  title: string
  /** One or two sentences below the heading. */
  lead?: ReactNode
  /** Without a visible heading, where the page shows its own `h1`. */
  bare?: boolean
  children: ReactNode
}

/** A page with its title in the tab. */
export function Page({ title, lead, bare = false, children }: Props) {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${title} · ${t('brand')}`
  }, [title, t])
  return (
    <div className={css.page}>
      {!bare && (
        <header className={css.head}>
          <h1>{title}</h1>
          {lead && <p className={css.lead}>{lead}</p>}
        </header>
      )}
      {children}
    </div>
  )
}
