import { useTranslation } from 'react-i18next'
import { count } from '../../lib/dates'
import { useScore } from './game'
import css from './Score.module.css'

/** Points and rows, in one line. Nothing before the first round. */
export function Score() {
  const { t } = useTranslation('play')
  const score = useScore()
  if (!score || score.rounds === 0) return null
  const { points, streak, best_streak } = score
  return (
    <dl className={css.score} aria-label={t('score.label')}>
      <Number name={t('score.points')} value={points} />
      <Number name={t('score.streak')} value={streak} />
      <Number name={t('score.best')} value={best_streak} />
    </dl>
  )
}

function Number({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{count(value)}</dd>
    </div>
  )
}
