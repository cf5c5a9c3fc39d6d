import { useMemo } from 'react'
import { useSearchParams } from 'react-router'

export const ORDERS = ['class', 'confidence', 'mistakes'] as const
export type Order = (typeof ORDERS)[number]

/** The order with a name; the usual one where there is none. */
export const orderOf = (name: string | null): Order => ORDERS.find((o) => o === name) ?? 'class'

/** What the gallery shows, as it stands in the page's address. */
export interface View {
  /** `scheme:class`; empty for all. */
  klass: string
  survey: string
  mistakes: boolean
  order: Order
  /** How many pages of the list are open. */
  pages: number
}

const MOST_PAGES = 100

/** Read an address. What cannot be read is as if it were not there. */
export function readView(params: URLSearchParams): View {
  const pages = Number(params.get('pages'))
  return {
    klass: params.get('class') ?? '',
    survey: params.get('survey') ?? '',
    mistakes: params.get('mistakes') === 'yes',
    order: orderOf(params.get('sort')),
    pages: Number.isInteger(pages) && pages > 0 ? Math.min(pages, MOST_PAGES) : 1,
  }
}

/** The address of a view, without what is as usual; `rest` are parameters of others, which stay. */
export function writeView(view: View, rest = new URLSearchParams()): URLSearchParams {
  const params = new URLSearchParams(rest)
  const write = (name: string, value: string, usual: string) =>
    value === usual ? params.delete(name) : params.set(name, value)
  write('class', view.klass, '')
  write('survey', view.survey, '')
  write('mistakes', view.mistakes ? 'yes' : '', '')
  write('sort', view.order, 'class')
  write('pages', String(view.pages), '1')
  return params
}

/** The view in the address, and how to change it. Another choice begins with the first page again. */
export function useView() {
  const [params, setParams] = useSearchParams()
  const view = useMemo(() => readView(params), [params])
  const change = (part: Partial<View>) =>
    setParams((now) => writeView({ ...readView(now), pages: 1, ...part }, now))
  const more = `?${writeView({ ...view, pages: view.pages + 1 }, params)}`
  return { view, change, more }
}
