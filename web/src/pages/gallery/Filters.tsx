import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { useModels } from '../../api/models'
import { Choice, Switch } from '../../components/Field'
import { capital } from '../../lib/text'
import css from './Filters.module.css'
import { ORDERS, orderOf, type View } from './state'

interface Props {
  view: View
  /** What there is to choose from; undefined while that is not known. */
  filters: Schemas['GalleryFilters'] | undefined
  change: (part: Partial<View>) => void
}

/** Class, survey, order, mistakes. */
export function Filters({ view, filters, change }: Props) {
  const { t } = useTranslation('gallery')
  const surveys = Object.entries(filters?.surveys ?? {})
  return (
    <div className={css.filters} role="group" aria-label={t('whole.filters')}>
      <Choice
        label={t('whole.class')}
        value={view.klass}
        onChange={(event) => change({ klass: event.target.value })}
      >
        <option value="">{t('whole.all')}</option>
        <Classes counts={withChosen(filters?.classes, view.klass)} names={filters?.names ?? {}} />
      </Choice>
      {(surveys.length > 1 || view.survey) && (
        <Choice
          label={t('whole.survey')}
          value={view.survey}
          onChange={(event) => change({ survey: event.target.value })}
        >
          <option value="">{t('whole.all')}</option>
          {Object.entries(withChosen(filters?.surveys, view.survey)).map(([id, found]) => (
            <option key={id} value={id}>
              {id} ({found})
            </option>
          ))}
        </Choice>
      )}
      <Choice
        label={t('whole.order')}
        value={view.order}
        onChange={(event) => change({ order: orderOf(event.target.value) })}
      >
        {ORDERS.map((order) => (
          <option key={order} value={order}>
            {t(`whole.orders.${order}`)}
          </option>
        ))}
      </Choice>
      <Switch
        label={t('whole.mistakes', { count: filters?.mistakes ?? 0 })}
        checked={view.mistakes}
        onChange={(event) => change({ mistakes: event.target.checked })}
      />
    </div>
  )
}

/** The classes, by their schemes. */
function Classes({
  counts,
  names,
}: {
  counts: Record<string, number>
  names: Record<string, string>
}) {
  const { t } = useTranslation('gallery')
  const model = useModels().data?.models[0]
  const schemes = [...new Set(Object.keys(counts).map(schemeOf))]
  const groups = schemes.map((scheme) => ({
    scheme,
    title:
      model?.taxonomies.find((taxonomy) => taxonomy.id === scheme)?.name ??
      model?.tree?.questions.find((q) => q.id === scheme)?.text ??
      t('whole.kinds'),
    keys: Object.keys(counts).filter((key) => schemeOf(key) === scheme),
  }))
  return groups.map(({ scheme, title, keys }) => (
    <optgroup key={scheme} label={title}>
      {keys.map((key) => (
        <option key={key} value={key}>
          {capital(names[key] ?? key)} ({counts[key]})
        </option>
      ))}
    </optgroup>
  ))
}

const schemeOf = (key: string) => key.split(':')[0] ?? ''

/** What is chosen stands in the list, even where nothing is like that. */
function withChosen(counts: Record<string, number> | undefined, chosen: string) {
  return chosen ? { [chosen]: 0, ...counts } : (counts ?? {})
}
