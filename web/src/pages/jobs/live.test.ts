import type { Schemas } from '../../api/client'
import { withItems } from './live'

const item = (position: number, status: 'queued' | 'failed'): Schemas['JobItem'] => ({
  position,
  name: `${position}.jpg`,
  status,
  classification: null,
  error: null,
  thumbnail: null,
})

test('items that come anew take their places, on every page', () => {
  const old = {
    pages: [
      { items: [item(0, 'queued'), item(1, 'queued')], next: '2', total: 3 },
      { items: [item(2, 'queued')], next: null, total: 3 },
    ],
    pageParams: [undefined, '2'],
  }
  const fresh = withItems(old, [item(2, 'failed'), item(0, 'failed'), item(9, 'failed')])
  expect(fresh?.pages.map((page) => page.items.map(({ status }) => status))).toEqual([
    ['failed', 'queued'],
    ['failed'],
  ])
  expect(fresh?.pageParams).toBe(old.pageParams)
})

test('where no page is open yet, there is nothing to replace', () => {
  expect(withItems(undefined, [item(0, 'failed')])).toBeUndefined()
})
