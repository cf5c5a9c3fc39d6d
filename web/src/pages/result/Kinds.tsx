import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { Meter } from '../../components/Chance'
import { kindName } from './kindName'
import css from './Schemes.module.css'

/** What kind of object it may be, instead of the classes of galaxies. */
export function Kinds({ kind }: { kind: Schemas['Kind'] }) {
  const { t } = useTranslation('result')
  const all = Object.entries(kind.probabilities).sort(([, a], [, b]) => b - a)
  return (
    <section className={css.schemes}>
      <h2 className={css.small}>{t('kinds.title')}</h2>
      <ul className={css.bars}>
        {all.map(([id, value]) => (
          <li key={id}>
            <Meter label={kindName(t, id)} value={value} />
          </li>
        ))}
      </ul>
      <p className={css.quiet}>{t('standing.galaxyAnswers')}</p>
    </section>
  )
}
