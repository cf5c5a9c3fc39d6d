import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { Sketch } from '../../components/Sketch'
import { disc, sketchOfAnswer, smooth } from '../../lib/sketch'
import css from './Doors.module.css'

/** The two maps of the guide, as what they look like. */
export function Doors() {
  const { t } = useTranslation('learn')
  return (
    <section className={css.doors} aria-label={t('doors.title')}>
      <Link className={css.door} to="/learn/fork">
        <ForkInSmall />
        <span className={css.title}>{t('doors.fork.title')}</span>
        <span className={css.text}>{t('doors.fork.text')}</span>
      </Link>
      <Link className={css.door} to="/learn/tree">
        <TreeInSmall />
        <span className={css.title}>{t('doors.tree.title')}</span>
        <span className={css.text}>{t('doors.tree.text')}</span>
      </Link>
    </section>
  )
}

const ROUND = smooth(1)
const OVAL = smooth(0.6)
const LENS = disc({ bulge: 10 })
const TIGHT = disc({ arms: 2, winding: 'tight' })
const OPEN = disc({ arms: 2, winding: 'loose' })
const STAR = sketchOfAnswer('smooth-or-features.star') ?? []
const BARRED = disc({ arms: 2, bar: true })

function ForkInSmall() {
  return (
    <span className={css.drawing} aria-hidden="true">
      <svg viewBox="0 0 100 40" preserveAspectRatio="none">
        <path d="M9 20 H50 C62 20 58 9 70 9 H91 M50 20 C62 20 58 31 70 31 H91" />
      </svg>
      {[
        { marks: ROUND, x: 9, y: 50 },
        { marks: OVAL, x: 29, y: 50 },
        { marks: LENS, x: 50, y: 50 },
        { marks: TIGHT, x: 71, y: 22 },
        { marks: OPEN, x: 91, y: 22 },
        { marks: BARRED, x: 71, y: 78 },
        { marks: BARRED, x: 91, y: 78 },
      ].map(({ marks, x, y }, at) => (
        <span key={at} className={css.node} style={{ left: `${x}%`, top: `${y}%` }}>
          <Sketch marks={marks} />
        </span>
      ))}
    </span>
  )
}

function TreeInSmall() {
  return (
    <span className={css.drawing} aria-hidden="true">
      <svg viewBox="0 0 100 40" preserveAspectRatio="none">
        <path d="M50 6 C50 14 24 10 24 20 M50 6 C50 14 62 10 62 20 M50 6 C50 14 88 10 88 20" />
        <path d="M24 20 C24 28 12 26 12 34 M24 20 C24 28 36 26 36 34 M62 20 C62 28 62 26 62 34 M62 20 C62 28 84 26 84 34" />
      </svg>
      {[
        { marks: disc({ arms: 2 }), x: 50, y: 15 },
        { marks: OVAL, x: 24, y: 50 },
        { marks: BARRED, x: 62, y: 50 },
        { marks: STAR, x: 88, y: 50 },
        { marks: ROUND, x: 12, y: 85 },
        { marks: smooth(0.3), x: 36, y: 85 },
        { marks: TIGHT, x: 62, y: 85 },
        { marks: OPEN, x: 84, y: 85 },
      ].map(({ marks, x, y }, at) => (
        <span key={at} className={css.node} style={{ left: `${x}%`, top: `${y}%` }}>
          <Sketch marks={marks} />
        </span>
      ))}
    </span>
  )
}
