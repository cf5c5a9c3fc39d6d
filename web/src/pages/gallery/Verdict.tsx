import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { Chance } from '../../components/Chance'
import { chanceWords } from '../../lib/chances'
import { capital } from '../../lib/text'
import css from './Verdict.module.css'

/** Whether the model agrees with people, in a word with its mark. */
export function Mark({ right }: { right: boolean | null }) {
  const { t } = useTranslation('gallery')
  const state = right === null ? 'open' : right ? 'right' : 'wrong'
  return (
    <p className={`${css.mark} ${css[state]}`}>
      {right !== null && (
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path d={right ? 'M2.5 8.5 6.5 12.5 13.5 4' : 'M3.5 3.5 12.5 12.5 M12.5 3.5 3.5 12.5'} />
        </svg>
      )}
      {t(`verdict.${state}`)}
    </p>
  )
}

/** Whether the model's best answer is so unlikely that it is not said to be its answer. */
export function isGuess(exhibit: Schemas['Exhibit']) {
  return exhibit.predicted !== null && chanceWords(exhibit.confidence) === 'unlikely'
}

/** The class that the model gives; where none stands out, its best guess, called one. */
export function ModelSays({ exhibit }: { exhibit: Schemas['Exhibit'] }) {
  const { t } = useTranslation('gallery')
  const name = capital(exhibit.predicted?.name ?? exhibit.sentence)
  return isGuess(exhibit) ? t('guess', { name }) : name
}

/** What people say and what the model says, one below the other. */
export function Verdict({ exhibit }: { exhibit: Schemas['Exhibit'] }) {
  const { t } = useTranslation('gallery')
  return (
    <div className={css.verdict}>
      <dl>
        <div>
          <dt>{t('people')}</dt>
          <dd>{capital(exhibit.truth?.name ?? exhibit.truth_text)}</dd>
        </div>
        <div>
          <dt>{t('model')}</dt>
          <dd>
            <ModelSays exhibit={exhibit} />
          </dd>
          {isGuess(exhibit) || (
            <dd className={css.chance}>
              <Chance words={exhibit.chance} value={exhibit.confidence} />
            </dd>
          )}
        </div>
      </dl>
      <Mark right={exhibit.right} />
    </div>
  )
}
