import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import type { Card } from '../../lib/card'
import css from './Purpose.module.css'
import { Section } from './Section'

interface Props {
  model: Schemas['ModelEntry']
  card: Card
}

/** What the model is for, what it is not for, and where it is weak. */
export function Purpose({ model, card }: Props) {
  const { t } = useTranslation('models')
  const limits = useLimits({ model, card })
  return (
    <>
      <Section id="purpose" title={t('purpose.title')}>
        <div className={css.two}>
          <div>
            <h3>{t('purpose.for')}</h3>
            <ul className={css.list}>
              <li>{t(model.tree ? 'purpose.forTree' : 'purpose.forOwn')}</li>
              <li>{t('purpose.forMany')}</li>
              <li>{t('purpose.forLearn')}</li>
            </ul>
          </div>
          <div>
            <h3>{t('purpose.not')}</h3>
            <ul className={css.list}>
              <li>{t('purpose.notMeasure')}</li>
              <li>{t('purpose.notFind')}</li>
              <li>{t('purpose.notCount')}</li>
              <li>{t('purpose.notProof')}</li>
            </ul>
          </div>
        </div>
      </Section>
      {limits.length > 0 && (
        <Section id="limits" title={t('limits.title')}>
          <ul className={`${css.list} ${css.limits}`}>
            {limits.map((limit) => (
              <li key={limit}>{t(`limits.${limit}`)}</li>
            ))}
          </ul>
        </Section>
      )}
    </>
  )
}

/** Each limit follows from what the model has learnt from, or answers. */
function useLimits({ model, card }: Props) {
  const learnt = new Set(card.sources.map(({ id }) => id))
  const derived = model.taxonomies.some(({ id, learned }) => id === 'galaxy10_decals' && !learned)
  return [
    ['gz1', 'gz2', 'kaggle'].some((id) => learnt.has(id)) && ('sdss' as const),
    learnt.size > 0 && derived && ('decals' as const),
    learnt.has('deepsky') && ('few' as const),
    learnt.has('gz2') && model.tree !== null && ('rare' as const),
    card.records.length > 0 && ('calibration' as const),
  ].filter((limit) => limit !== false)
}
