import { act, screen, waitFor } from '@testing-library/react'
import { vi } from 'vitest'
import { Refusal, show } from '../testing-page'
import Job from './Job'

const job = {
  id: 'j1',
  title: 'Two pictures',
  status: 'running',
  created_at: '2026-01-02T00:00:00Z',
  finished_at: null,
  expires_at: '2026-02-02T00:00:00Z',
  total: 2,
  done: 0,
  failed: 0,
  model: 'base@1.0',
}
const item = (position: number) => ({
  position,
  name: `${position}.jpg`,
  status: 'queued',
  classification: null,
  error: null,
  thumbnail: null,
})
const failed = {
  ...item(1),
  status: 'failed',
  error: { code: 'x', message: 'This is no picture.', remedy: 'Send a JPEG.', request_id: '' },
}
const answers: Record<string, unknown> = {
  'GET /api/v1/jobs/j1': job,
  'GET /api/v1/jobs/j1/items': { items: [item(0), item(1)], next: null, total: 2 },
  'GET /api/v1/models': { models: [{ tree: null, taxonomies: [] }] },
}

/** Events that the test sends. */
class Events extends EventTarget {
  static CLOSED = 2
  static last: Events | undefined
  readyState = 1
  onerror: (() => void) | null = null
  constructor(readonly url: string) {
    super()
    Events.last = this
  }
  close() {
    this.readyState = Events.CLOSED
  }
  say(name: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }))
  }
}

const open = (at = '/jobs/j1', more: Record<string, unknown> = {}) => {
  vi.stubGlobal('EventSource', Events)
  return show(<Job />, { at, path: '/jobs/:id', answers: { ...answers, ...more } })
}

test('a job is followed by its events until it ends', async () => {
  const items = { items: [item(0), item(1)] as unknown[], next: null, total: 2 }
  const { sent } = open('/jobs/j1', { 'GET /api/v1/jobs/j1/items': items })
  expect(await screen.findByText('Classifying')).toHaveRole('status')
  expect(await screen.findAllByText('Waiting')).toHaveLength(2)
  expect(screen.queryByRole('link', { name: 'CSV' })).toBeNull()
  expect(Events.last?.url).toBe('/api/v1/jobs/j1/events')
  items.items = [item(0), failed]
  act(() => {
    Events.last?.say('item', failed)
    Events.last?.say('progress', { ...job, status: 'done', done: 2, failed: 1 })
  })
  expect(await screen.findByText('This is no picture.')).toHaveTextContent('Send a JPEG.')
  expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '2')
  expect(screen.getByText(/1 picture could not be classified/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'CSV' })).toHaveAttribute(
    'href',
    '/api/v1/jobs/j1/download?format=csv',
  )
  await waitFor(() => expect(Events.last?.readyState).toBe(Events.CLOSED))
  expect(sent('GET /api/v1/jobs/j1')).toHaveLength(1)
})

test('where no events come, the server is asked again', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const { sent } = open()
  await screen.findByText('Classifying')
  act(() => {
    Events.last?.close()
    Events.last?.onerror?.()
  })
  await act(() => vi.advanceTimersByTimeAsync(4500))
  expect(sent('GET /api/v1/jobs/j1').length).toBeGreaterThan(1)
  vi.useRealTimers()
})

test('only the failed ones are asked for', async () => {
  const { sent } = open('/jobs/j1?show=failed', {
    'GET /api/v1/jobs/j1/items': { items: [failed], next: null, total: 1 },
  })
  expect(await screen.findByText('This is no picture.')).toBeVisible()
  expect(sent('GET /api/v1/jobs/j1/items')[0]).toContain('status=failed')
})

test("another one's job, or one that is gone, is explained", async () => {
  open('/jobs/j1', { 'GET /api/v1/jobs/j1': new Refusal(404, 'There is no such job.', 'Look.') })
  expect(await screen.findByRole('alert')).toHaveTextContent('There is no such job.')
  expect(screen.getByRole('link', { name: 'All of your jobs' })).toBeVisible()
})
