import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { show } from '../testing-page'
import History from './History'

const result = {
  id: 'r1',
  title: 'm51.jpg',
  created_at: '2026-01-02T00:00:00Z',
  sentence: 'Likely a spiral galaxy.',
  kind: 'galaxy',
  confidence: 0.9,
  shared: false,
  thumbnail: '/small',
}
const answers = {
  'GET /api/v1/results': { items: [result], next: null, total: 1 },
  'GET /api/v1/jobs': { items: [], next: null, total: 0 },
  'PATCH /api/v1/results/r1': result,
  'DELETE /api/v1/results/r1': undefined,
}

test('a kept picture is renamed, shared and deleted', async () => {
  const user = userEvent.setup()
  const { sent } = show(<History />, { at: '/history', answers })
  await user.click(await screen.findByRole('button', { name: 'Rename m51.jpg' }))
  await user.clear(screen.getByLabelText('Name'))
  await user.type(screen.getByLabelText('Name'), ' Whirlpool {Enter}')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  await user.click(screen.getByRole('button', { name: 'Share m51.jpg' }))
  await user.click(screen.getByRole('button', { name: 'Make it visible' }))
  expect(sent('PATCH /api/v1/results/r1')).toEqual([{ title: 'Whirlpool' }, { shared: true }])
  await user.click(screen.getByRole('button', { name: 'Close' }))
  await user.click(screen.getByRole('button', { name: 'Delete m51.jpg' }))
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete' }))
  await waitFor(() => expect(sent('DELETE /api/v1/results/r1')).toHaveLength(1))
})

test('a visitor without an account learns for how long it is kept', async () => {
  show(<History />, { at: '/history', answers })
  expect(await screen.findByRole('link', { name: 'Make an account' })).toHaveAttribute(
    'href',
    '/sign-in?new=yes&to=/history',
  )
})

test('where nothing is kept yet, the way to begin is shown', async () => {
  const nothing = { items: [], next: null, total: 0 }
  show(<History />, {
    at: '/history',
    answers: { ...answers, 'GET /api/v1/results': nothing },
  })
  expect(await screen.findByRole('heading', { name: 'Nothing is kept yet' })).toBeVisible()
  expect(screen.getByRole('link', { name: 'Classify a picture' })).toBeVisible()
  expect(screen.queryByText(/Without an account/)).toBeNull()
})

test('after a dialog the focus is back where it was, or on the heading', async () => {
  const user = userEvent.setup()
  const now: Record<string, unknown> = { ...answers }
  show(<History />, { at: '/history', answers: now })
  const remove = await screen.findByRole('button', { name: 'Delete m51.jpg' })
  await user.click(remove)
  await user.click(screen.getByRole('button', { name: 'Cancel' }))
  expect(remove).toHaveFocus()
  await user.click(remove)
  now['GET /api/v1/results'] = { items: [], next: null, total: 0 }
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete' }))
  await waitFor(() => expect(screen.getByRole('heading', { level: 1 })).toHaveFocus())
})
