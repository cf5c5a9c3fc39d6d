import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import css from './Opacity.module.css'

/** From the picture to the evidence over it. */
export function Opacity({
  what,
  waiting,
  value,
  onChange,
}: {
  what: string
  waiting: boolean
  value: number
  onChange: (value: number) => void
}) {
  const { t } = useTranslation('result')
  const id = useId()
  return (
    <div className={css.opacity}>
      <label htmlFor={id}>{t('evidence.slider', { what })}</label>
      <div className={css.row}>
        <span aria-hidden="true">{t('evidence.clear')}</span>
        <input
          id={id}
          type="range"
          min="0"
          max="100"
          step="5"
          value={Math.round(value * 100)}
          aria-valuetext={`${Math.round(value * 100)} %`}
          onChange={(event) => onChange(Number(event.target.value) / 100)}
        />
        <span aria-hidden="true">{t('evidence.full')}</span>
      </div>
      {value > 0 && (
        <div className={css.scale} aria-hidden="true">
          <span>{t('evidence.little')}</span>
          <span className={css.colours} />
          <span>{t('evidence.much')}</span>
        </div>
      )}
      <p className="sr-only" role="status">
        {waiting ? t('evidence.coming', { what }) : ''}
      </p>
    </div>
  )
}
