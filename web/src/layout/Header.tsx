import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, NavLink, useLocation } from 'react-router'
import { useSession } from '../api/session'
import { useEscape } from '../lib/focus'
import css from './Header.module.css'
import { ThemeToggle } from './ThemeToggle'

/** Brand, pages, theme, account. On a phone the pages are behind one button. */
export function Header() {
  const { t } = useTranslation()
  const { pathname } = useLocation()
  // The menu is open on the page where it was opened, and so closes by itself on the next one.
  const [openAt, setOpenAt] = useState('')
  const open = openAt === pathname
  const menu = useRef<HTMLButtonElement>(null)
  useEscape(open, () => {
    setOpenAt('')
    menu.current?.focus()
  })
  return (
    <header className={css.header}>
      <div className={css.bar}>
        <Link className={css.brand} to="/">
          <img src="/icon.svg" alt="" width="28" height="28" />
          {t('brand')}
        </Link>
        <button
          ref={menu}
          type="button"
          className={css.menu}
          aria-expanded={open}
          aria-controls="pages"
          onClick={() => setOpenAt(open ? '' : pathname)}
        >
          {t('menu')}
        </button>
        <nav id="pages" className={css.nav} data-open={open} aria-label={t('nav.label')}>
          <ul>
            <Pages />
          </ul>
          <ThemeToggle />
        </nav>
      </div>
    </header>
  )
}

function Pages() {
  const { t } = useTranslation()
  const user = useSession()?.user
  const curates = user?.role === 'curator' || user?.role === 'admin'
  return (
    <>
      <Item to="/classify" text={t('nav.classify')} />
      <Item to="/learn" text={t('nav.learn')} />
      <Item to="/gallery" text={t('nav.gallery')} />
      <Item to="/play" text={t('nav.play')} />
      <Item to="/models" text={t('nav.models')} />
      {user && <Item to="/history" text={t('nav.history')} />}
      {curates && <Item to="/review" text={t('nav.review')} />}
      {user?.role === 'admin' && <Item to="/admin" text={t('nav.admin')} />}
      <Item to={user ? '/account' : '/sign-in'} text={user ? t('nav.account') : t('nav.signIn')} />
    </>
  )
}

function Item({ to, text }: { to: string; text: string }) {
  return (
    <li>
      <NavLink to={to}>{text}</NavLink>
    </li>
  )
}
