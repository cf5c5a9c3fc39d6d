import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import type { Card, Named, Estimate } from '../../lib/card'
import { Interval } from './Interval'
import { nameOf, namesOf } from './names'
import css from './Scores.module.css'
import { Folded, Section } from './Section'

/** The headline figures, and those by survey. */
export function Scores({ card }: { card: Card }) {
  const { t } = useTranslation('models')
  return (
    <Section
      id="scores"
      title={t('scores.title')}
      text={card.scores.length > 0 ? t('scores.text') : t('scores.none')}
    >
      <div>
        {card.scores.map((score) => (
          <Score key={score.id} score={score} />
        ))}
      </div>
      {card.surveys.length > 0 && (
        <>
          <h3>{t('scores.surveys')}</h3>
          <p className={css.quiet}>{t('scores.surveysText')}</p>
          <div>
            {card.surveys.map(({ id, found }) => (
              <Interval
                key={id}
                label={t(`scores.survey.${id}` as 'scores.survey.sdss', id)}
                estimate={found}
              />
            ))}
          </div>
        </>
      )}
    </Section>
  )
}

function Score({ score: { id, found } }: { score: Named<Estimate> }) {
  const { t } = useTranslation('models')
  // A model from elsewhere may have measured something that we have no words for.
  const label = t(`scores.names.${id}` as 'scores.names.gz1_accuracy', id)
  if (!id.endsWith('rmse')) return <Interval label={label} estimate={found} />
  const digits = (value: number) => value.toFixed(3)
  return (
    <p className={css.plain}>
      {label}{' '}
      <span className={css.quiet}>
        {t('scores.less', {
          value: digits(found.value),
          low: digits(found.low),
          high: digits(found.high),
        })}
      </span>
    </p>
  )
}

/** Each question of the tree, with how much of each answer is found. */
export function Questions({ model, card }: { model: Schemas['ModelEntry']; card: Card }) {
  const { t } = useTranslation('models')
  const records = card.records.filter(({ group }) => group === 'question')
  if (records.length === 0) return null
  return (
    <Folded id="questions" title={t('questions.title')} text={t('questions.text')}>
      <div>
        {records.map((record) => (
          <details key={record.id} className={css.question}>
            <summary>
              <Interval label={nameOf(model, record.id, '')} estimate={record.accuracy} />
            </summary>
            <ul className={css.answers}>
              {namesOf(model, record, String).map((answer, at) => {
                const row = record.counts[at] ?? []
                const count = row.reduce((total, value) => total + value, 0)
                return (
                  count > 0 && (
                    <li key={answer}>
                      {t('questions.found', { answer, right: row[at] ?? 0, count })}
                    </li>
                  )
                )
              })}
            </ul>
          </details>
        ))}
      </div>
    </Folded>
  )
}
