import { type KeyboardEvent, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { Classification, Schemas } from '../../api/client'
import { useGuide } from '../../api/guide'
import { Chance, Meter } from '../../components/Chance'
import { pageFor } from '../../lib/guide'
import { percent } from '../../lib/numbers'
import { schemesOf, standing } from './said'
import css from './Schemes.module.css'

/** The class in the scheme of one's choice, with the probability of every class. */
export function Schemes({
  answer,
  taxonomies,
}: {
  answer: Classification
  taxonomies: readonly Schemas['TaxonomyEntry'][]
}) {
  const { t } = useTranslation('result')
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState('')
  const schemes = schemesOf(answer, taxonomies)
  const scheme = schemes.find((s) => s.id === chosen) ?? schemes[0]
  if (!scheme) return null
  const onKeyDown = (event: KeyboardEvent) => {
    const at = schemes.indexOf(scheme)
    const steps: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: schemes.length - 1,
    }
    const to = steps[event.key]
    if (to === undefined) return
    event.preventDefault()
    const next = (to + schemes.length) % schemes.length
    setChosen(schemes[next]?.id ?? '')
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus()
  }
  return (
    <section className={css.schemes} aria-label={t('schemes.title')}>
      {standing(answer) === 'undecided' && <p className={css.quiet}>{t('standing.ifGalaxy')}</p>}
      <div ref={list} role="tablist" aria-label={t('schemes.choose')} className={css.chips}>
        {schemes.map((s) => (
          <button
            key={s.id}
            type="button"
            role="tab"
            id={`${id}-${s.id}`}
            aria-selected={s === scheme}
            aria-controls={`${id}-panel`}
            tabIndex={s === scheme ? 0 : -1}
            className={css.chip}
            onClick={() => setChosen(s.id)}
            onKeyDown={onKeyDown}
          >
            {s.name}
          </button>
        ))}
      </div>
      <div
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={`${id}-${scheme.id}`}
        className={css.panel}
      >
        <Classes answer={answer} scheme={scheme} />
      </div>
    </section>
  )
}

// More of them are told only on request.
const FEW = 3
// Its classes need not follow from the answers that stand beside them.
const DEBIASED = 'galaxy10_sdss'

function Classes({ answer, scheme }: { answer: Classification; scheme: Schemas['TaxonomyEntry'] }) {
  const { t } = useTranslation('result')
  const guide = useGuide().data?.entries ?? []
  const choice = answer.classes[scheme.id]
  if (!choice) return null
  const clear = choice.confidence >= 0.33
  const page = pageFor(guide, { class: `${scheme.id}:${choice.id}` })
  const all = scheme.classes
    .map((c, i) => ({ ...c, value: choice.probabilities[i] ?? 0 }))
    .sort((a, b) => b.value - a.value)
  const bars = (some: typeof all) => (
    <ul className={css.bars}>
      {some.map((c) => (
        <li key={c.id}>
          <Meter label={t('schemes.class', { name: c.name, number: c.number })} value={c.value} />
        </li>
      ))}
    </ul>
  )
  return (
    <>
      <p className={css.name}>
        {clear ? <strong>{choice.name}</strong> : t('schemes.none')}
        {clear && <Chance words={choice.chance} value={choice.confidence} />}
        {clear && page && <Link to={`/learn/${page.id}`}>{t('schemes.learn')}</Link>}
      </p>
      {choice.coverage < 0.5 && (
        <p className={css.quiet}>{t('schemes.coverage', { share: percent(choice.coverage) })}</p>
      )}
      {scheme.id === DEBIASED && !scheme.learned && (
        <p className={css.quiet}>
          {t('schemes.debiased')} <Link to="/learn/vote-fractions">{t('schemes.how')}</Link>
        </p>
      )}
      {bars(all.slice(0, FEW))}
      {all.length > FEW && (
        <details className={css.more}>
          <summary>{t('schemes.more', { count: all.length - FEW })}</summary>
          {bars(all.slice(FEW))}
        </details>
      )}
    </>
  )
}
