import { Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { Page } from '../components/Page'
import { Boundary } from '../layout/Boundary'
import { later } from '../lib/later'
import { Intake } from './classify/Intake'
import css from './Home.module.css'
import { ExampleSkeleton } from './home/ExampleSkeleton'

// The drawing comes after the first view.
const Example = later(() => import('./home/Example'))

/** What this is, one large place to drop a picture, a living example, three doors. */
export function Home() {
  const { t } = useTranslation()
  return (
    <Page title={t('home.headline')} bare>
      <header className={css.head}>
        <h1>{t('home.headline')}</h1>
        <p>{t('home.lead')}</p>
      </header>
      <Intake />
      <Boundary fallback={null}>
        <Suspense fallback={<ExampleSkeleton />}>
          <Example />
        </Suspense>
      </Boundary>
      <nav aria-label={t('home.doors')}>
        <ul className={css.doors}>
          <Door to="/learn" title={t('home.learn')} text={t('home.learnText')} />
          <Door to="/gallery" title={t('home.gallery')} text={t('home.galleryText')} />
          <Door to="/play" title={t('home.play')} text={t('home.playText')} />
        </ul>
      </nav>
    </Page>
  )
}

function Door({ to, title, text }: { to: string; title: string; text: string }) {
  return (
    <li>
      <Link to={to} className={css.door}>
        <span className={css.name}>{title}</span>
        <span>{text}</span>
      </Link>
    </li>
  )
}
