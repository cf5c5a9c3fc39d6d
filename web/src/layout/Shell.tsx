import { Suspense, useEffect, useRef } from 'react'
import { Outlet, useLocation, NavigationType, useNavigationType } from 'react-router'
import { useTranslation } from 'react-i18next'
import { useSessionWatch } from '../api/session'
import { Boundary } from './Boundary'
import { PageSkeleton } from '../components/Skeleton'
import { Footer } from './Footer'
import { Header } from './Header'
import css from './Shell.module.css'

/** What stands around every page. */
export function Shell() {
  const { t } = useTranslation()
  const { pathname } = useLocation()
  useArrival()
  useSessionWatch()
  return (
    <>
      <a className={css.skip} href="#main">
        {t('skip')}
      </a>
      <Header />
      <main id="main" className={css.main} tabIndex={-1}>
        <Boundary key={pathname}>
          <Suspense fallback={<PageSkeleton />}>
            <Outlet />
          </Suspense>
        </Boundary>
      </main>
      <Footer />
    </>
  )
}

/** A new page begins at its top, and the focus goes to its content, so that keyboards and screen readers begin there. */
function useArrival() {
  const { pathname, hash } = useLocation()
  const how = useNavigationType()
  const shown = useRef(pathname)
  useEffect(() => {
    // The first page, or another state of the same one (a filter, say), leaves the place and the focus as they are.
    if (shown.current === pathname) return
    shown.current = pathname
    // A place within the page: the page goes there itself, once it has it.
    if (hash) return
    // Going back, the browser restores the place by itself.
    if (how !== NavigationType.Pop) window.scrollTo(0, 0)
    document.getElementById('main')?.focus({ preventScroll: true })
  }, [pathname, hash, how])
}
