import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { useFigures } from '../../api/models'
import { Choices } from '../../components/Choices'
import type { Card, Estimate } from '../../lib/card'
import { percent } from '../../lib/numbers'
import { found, rightly, sum } from '../../lib/shares'
import css from './Classes.module.css'
import { Confusion } from './Confusion'
import { Track } from './Interval'
import { nameOf, namesOf } from './names'
import { Folded } from './Section'
import { Table } from './Table'

interface Counted {
  id: string
  name: string
  classes: string[]
  counts: number[][]
}

/** How well each class of a scheme is found, and what is taken for what: on the test pictures, or on the gallery. */
export function Classes({ model, card }: { model: Schemas['ModelEntry']; card: Card }) {
  const { t } = useTranslation('models')
  const figures = useFigures().data
  const [where, setWhere] = useState<'validation' | 'gallery'>('validation')
  const [chosen, setChosen] = useState('')
  const kind = t('kind.title')
  const validation: Counted[] = card.records
    .filter(({ group }) => group !== 'question')
    .map((record) => ({
      id: record.id,
      name: nameOf(model, record.id, kind),
      classes: namesOf(model, record, (id) => t(`kind.${id}` as 'kind.galaxy', id)),
      counts: record.counts,
    }))
  const gallery: Counted[] = (figures?.confusion ?? []).map(({ taxonomy, classes, counts }) => ({
    id: taxonomy,
    name: nameOf(model, taxonomy, kind),
    classes,
    counts,
  }))
  const both = validation.length > 0 && gallery.length > 0
  const shown = where === 'gallery' && both ? gallery : validation.length > 0 ? validation : gallery
  const all = ({ counts }: Counted) => sum(counts.map(sum))
  const most = shown.toSorted((a, b) => all(b) - all(a))[0]
  const scheme = shown.find(({ id }) => id === chosen) ?? most
  if (!scheme) return null
  return (
    <Folded id="classes" title={t('classes.title')} text={t('classes.text')}>
      {both && (
        <Choices
          label={t('classes.on')}
          options={[
            { id: 'validation', text: t('classes.validation') },
            { id: 'gallery', text: t('classes.gallery', { count: figures?.exhibits ?? 0 }) },
          ]}
          chosen={where}
          onChoose={setWhere}
        />
      )}
      <Choices
        label={t('classes.scheme')}
        options={shown.map(({ id, name }) => ({ id, text: name }))}
        chosen={scheme.id}
        onChoose={setChosen}
      />
      <PerClass scheme={scheme} />
      <h3>{t('classes.confusion')}</h3>
      <p className={css.quiet}>{t('classes.confusionText')}</p>
      <Confusion name={scheme.name} classes={scheme.classes} counts={scheme.counts} />
    </Folded>
  )
}

function PerClass({ scheme: { name, classes, counts } }: { scheme: Counted }) {
  const { t } = useTranslation('models')
  return (
    <Table label={name}>
      <thead>
        <tr>
          <th scope="col">{t('classes.class')}</th>
          <th scope="col">{t('classes.pictures')}</th>
          <th scope="col">{t('classes.found')}</th>
          <th scope="col">{t('classes.rightly')}</th>
        </tr>
      </thead>
      <tbody>
        {classes.map((label, at) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td>{sum(counts[at] ?? [])}</td>
            <Share estimate={found(counts, at)} />
            <Share estimate={rightly(counts, at)} />
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

function Share({ estimate }: { estimate: Estimate | undefined }) {
  const { t } = useTranslation('models')
  if (!estimate) return <td className={css.quiet}>{t('classes.nothing')}</td>
  const { value, low, high } = estimate
  return (
    <td className={css.share}>
      <Track estimate={estimate} />
      <span>
        {percent(value)}{' '}
        <span className={css.quiet}>
          {t('scores.interval', { low: percent(low), high: percent(high) })}
        </span>
      </span>
    </td>
  )
}
