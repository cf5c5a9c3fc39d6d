import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import type { Card } from '../../lib/card'
import { sum } from '../../lib/shares'
import { count, day } from '../../lib/dates'
import css from './Facts.module.css'

/** The model in a few lines. */
export function Facts({ model, card }: { model: Schemas['ModelEntry']; card: Card }) {
  const { t } = useTranslation('models')
  const pictures = sum(card.sources.map((source) => source.pictures))
  const own = model.taxonomies.find(({ learned }) => learned)
  const { tree } = model
  const facts: [string, string | false | undefined][] = [
    [t('facts.model'), `${model.name} ${model.version}`],
    [
      t('facts.answers'),
      tree
        ? t('facts.tree', {
            questions: tree.questions.length,
            answers: sum(tree.questions.map(({ answers }) => answers.length)),
            name: tree.name,
          })
        : own && t('facts.own', { count: own.classes.length }),
    ],
    [
      t('facts.network'),
      card.network && t('facts.networkText', { network: card.network, pixels: card.pixels }),
    ],
    [
      t('facts.size'),
      card.bytes !== undefined &&
        t('facts.megabytes', { count: Math.round(card.bytes / 1e5) / 10 }),
    ],
    [t('facts.looks'), card.looks !== undefined && t('facts.looksText', { count: card.looks })],
    [t('facts.trained'), pictures > 0 && t('facts.pictures', { count: count(pictures) })],
    [t('facts.date'), card.date && day(card.date)],
  ]
  return (
    <dl className={css.facts}>
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}
