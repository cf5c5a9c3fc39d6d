import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import css from './Measured.module.css'

/** The shape as measured on the picture, with what it means. */
export function Measured({ shape }: { shape: Schemas['Shape'] }) {
  const { t } = useTranslation('result')
  const rows = [
    [t('shape.ellipticity'), shape.ellipticity?.toFixed(2)],
    [
      t('shape.angle'),
      shape.position_angle && t('shape.degrees', { value: Math.round(shape.position_angle) }),
    ],
    [t('shape.concentration'), shape.concentration?.toFixed(1)],
    [t('shape.asymmetry'), shape.asymmetry?.toFixed(2)],
    [t('shape.radius'), shape.radius && t('shape.pixels', { value: shape.radius.toFixed(1) })],
  ].filter(([, value]) => value)
  return (
    <div className={css.measured}>
      {shape.phrases.length > 0 && (
        <ul className={css.phrases}>
          {shape.phrases.map((phrase) => (
            <li key={phrase}>{phrase}</li>
          ))}
        </ul>
      )}
      <dl className={css.figures}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={css.note}>{t('shape.note')}</p>
    </div>
  )
}
