import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Classification, Schemas } from '../../api/client'
import { useModels } from '../../api/models'
import { Chance } from '../../components/Chance'
import { capital } from '../../lib/text'
import css from './Item.module.css'

/** One picture of a job: its answer, or why there is none. */
export function Item({ item }: { item: Schemas['JobItem'] }) {
  const { t } = useTranslation('jobs')
  const [blank, setBlank] = useState(false)
  const { name, position, thumbnail, classification, error } = item
  return (
    <li className={css.item} data-status={item.status}>
      {thumbnail && !blank ? (
        <img
          src={thumbnail}
          alt=""
          width="72"
          height="72"
          loading="lazy"
          decoding="async"
          // What cannot be read as a picture has no small one either.
          onError={() => setBlank(true)}
        />
      ) : (
        <span className={css.blank} aria-hidden="true" />
      )}
      <div className={css.words}>
        <p className={css.name}>{name || t('number', { number: position + 1 })}</p>
        {item.status === 'queued' && <p className={css.quiet}>{t('waiting')}</p>}
        {error && (
          <p className={css.error}>
            {error.message} <span>{error.remedy}</span>
          </p>
        )}
        {classification && <Answer said={classification} />}
      </div>
    </li>
  )
}

function Answer({ said }: { said: Classification }) {
  const { t } = useTranslation('jobs')
  const taxonomies = useModels().data?.models[0]?.taxonomies
  const classes = Object.values(said.classes)
  return (
    <>
      <p className={css.sentence}>{said.sentence}</p>
      {said.kind && (
        <p className={css.kind}>
          {capital(said.kind.name)}:{' '}
          <Chance words={said.kind.chance} value={said.kind.confidence} />
        </p>
      )}
      {classes.length + said.flags.length > 0 && (
        <details className={css.details}>
          <summary>{t('details')}</summary>
          {said.flags.length > 0 && (
            <ul aria-label={t('flags')}>
              {said.flags.map((flag) => (
                <li key={flag.code}>{flag.text}</li>
              ))}
            </ul>
          )}
          <dl aria-label={t('schemes')}>
            {classes.map((choice) => (
              <div key={choice.taxonomy}>
                <dt>
                  {taxonomies?.find(({ id }) => id === choice.taxonomy)?.name ?? choice.taxonomy}
                </dt>
                <dd>
                  {capital(choice.name)}, <Chance words={choice.chance} value={choice.confidence} />
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  )
}
