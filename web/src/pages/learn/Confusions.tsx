import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { GuideEntry, GuidePage } from '../../api/guide'
import css from './Confusions.module.css'
import { Plate } from './Plate'

/** What it is mistaken for, with a look at each, and how to tell them apart. */
export function Confusions({
  confusions,
  entries,
}: {
  confusions: GuidePage['confused_with']
  entries: readonly GuideEntry[]
}) {
  const { t } = useTranslation('learn')
  if (confusions.length === 0) return null
  return (
    <section>
      <h2>{t('page.confused')}</h2>
      <ul className={css.confusions}>
        {confusions.map(({ id, title, tell }) => {
          const entry = entries.find((one) => one.id === id)
          return (
            <li key={id}>
              {entry ? <Plate entry={entry} small /> : <span />}
              <div>
                <h3>
                  <Link to={`/learn/${id}`}>{title}</Link>
                </h3>
                <p>{tell}</p>
              </div>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
