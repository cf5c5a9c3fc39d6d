import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import type { Card } from '../../lib/card'
import { count } from '../../lib/dates'
import { percent } from '../../lib/numbers'
import css from './Beyond.module.css'
import { Share } from './Interval'
import { nameOf } from './names'
import { Folded } from './Section'
import { Table } from './Table'

/** What the model does with pictures that it has never seen the like of. */
export function Strangers({ card }: { card: Card }) {
  const { t } = useTranslation('models')
  if (card.strangers.length === 0) return null
  return (
    <Folded
      id="strangers"
      title={t('strangers.title')}
      text={t('strangers.text', { share: percent(card.knownFlagged ?? 0) })}
    >
      <div className={css.two}>
        {([false, true] as const).map((near) => (
          <div key={String(near)} className={css.sorts}>
            <h3>{t(near ? 'strangers.near' : 'strangers.far')}</h3>
            {card.strangers
              .filter((sort) => sort.near === near)
              .map(({ id, title, flagged }) => (
                <Share key={id} label={title} value={flagged} />
              ))}
          </div>
        ))}
      </div>
    </Folded>
  )
}

/** Whether the answer stays when the picture is changed and the galaxy isn't. */
export function Steadiness({ model, card }: { model: Schemas['ModelEntry']; card: Card }) {
  const { t } = useTranslation('models')
  const { stability } = card
  if (!stability) return null
  const { pictures, confident, taxonomies, rows } = stability
  return (
    <Folded
      id="stability"
      title={t('stability.title')}
      text={t('stability.text', { confident: percent(confident), count: pictures })}
    >
      <Table label={t('stability.title')}>
        <thead>
          <tr>
            <th scope="col">{t('stability.change')}</th>
            {taxonomies.map((id) => (
              <th key={id} scope="col">
                {nameOf(model, id, '')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ title, changed }) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              {changed.map((share, at) => (
                <td key={taxonomies[at]}>
                  {share && `${percent(share.value)} ${t('scores.of', { count: share.n })}`}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </Folded>
  )
}

/** What the model has learnt from, and under which terms. */
export function Data({ card }: { card: Card }) {
  const { t } = useTranslation('models')
  if (card.sources.length === 0) return null
  const excluded = card.excluded.map((part) => `“${part}”`).join(', ')
  return (
    <Folded
      id="data"
      title={t('data.title')}
      text={excluded ? t('data.text', { excluded }) : undefined}
    >
      <Table label={t('data.title')}>
        <thead>
          <tr>
            <th scope="col">{t('data.source')}</th>
            <th scope="col">{t('data.pictures')}</th>
            <th scope="col">{t('data.rights')}</th>
          </tr>
        </thead>
        <tbody>
          {card.sources.map(({ id, name, pictures }) => (
            <tr key={id}>
              <th scope="row">{t(`data.names.${id}` as 'data.names.everyday', name)}</th>
              <td>{count(pictures)}</td>
              <td>{t(`data.rightsOf.${id}` as 'data.rightsOf.gz2', t('data.unknown'))}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p className={css.quiet}>
        {t('data.sdss')}{' '}
        <a href="https://www.sdss.org/collaboration/citing-sdss/" rel="noopener noreferrer">
          sdss.org
        </a>
      </p>
    </Folded>
  )
}
