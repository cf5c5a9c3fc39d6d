import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { vi } from 'vitest'
import { leaveTo } from '../lib/leaving'
import { show } from '../testing-page'
import Account from './Account'

vi.mock('../lib/leaving', () => ({ leaveTo: vi.fn() }))

const user = {
  id: 'u1',
  email: 'Ada@example.org',
  name: 'Ada',
  role: 'member',
  created_at: '2026-01-02T00:00:00Z',
  keep_history: true,
  has_password: true,
}
const token = {
  id: 't1',
  name: 'notebook',
  hint: 'sky_Ab',
  created_at: '2026-01-02T00:00:00Z',
  last_used_at: null,
  expires_at: null,
}
const answers = {
  'GET /api/v1/session': { user, csrf: 'token', registration: true, openid: null },
  'GET /api/v1/account/tokens': { tokens: [token] },
}

test('visitors are led to sign in, and back here', async () => {
  show(<Account />, { at: '/account', answers: {} })
  const main = await screen.findByRole('link', { name: 'Sign in' })
  expect(main).toHaveAttribute('href', '/sign-in?to=%2Faccount')
})

test('everything is deleted only by who types the address', async () => {
  const pointer = userEvent.setup()
  const { sent } = show(<Account />, {
    at: '/account',
    answers: { ...answers, 'DELETE /api/v1/account': undefined },
  })
  await pointer.click(await screen.findByRole('button', { name: 'Delete my account' }))
  const dialog = within(screen.getByRole('dialog'))
  const go = dialog.getByRole('button', { name: 'Delete everything' })
  const field = dialog.getByLabelText('Type Ada@example.org to confirm')
  await pointer.type(field, 'ada@example.or{Enter}')
  expect(go).toBeDisabled()
  expect(sent('DELETE /api/v1/account')).toEqual([])
  await pointer.type(field, 'g')
  await pointer.click(go)
  await waitFor(() => expect(leaveTo).toHaveBeenCalledWith('/sign-in?gone=yes'))
  expect(sent('DELETE /api/v1/account')).toHaveLength(1)
})

test('a token shows its secret once, and can be revoked', async () => {
  const pointer = userEvent.setup()
  const { sent } = show(<Account />, {
    at: '/account',
    answers: {
      ...answers,
      'POST /api/v1/account/tokens': { ...token, token: 'sky_secret' },
      'DELETE /api/v1/account/tokens/t1': undefined,
    },
  })
  await pointer.click(await screen.findByRole('button', { name: 'Make a token' }))
  expect(screen.getByLabelText('What it is for')).toHaveAccessibleDescription(/Give it a name/)
  await pointer.type(screen.getByLabelText('What it is for'), 'notebook')
  await pointer.selectOptions(screen.getByLabelText('Expires'), 'Never')
  await pointer.click(screen.getByRole('button', { name: 'Make a token' }))
  expect(await screen.findByDisplayValue('sky_secret')).toBeVisible()
  expect(sent('POST /api/v1/account/tokens')).toEqual([{ name: 'notebook' }])
  await pointer.click(screen.getByRole('button', { name: 'Revoke notebook' }))
  await pointer.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Revoke' }))
  await waitFor(() => expect(screen.queryByDisplayValue('sky_secret')).toBeNull())
  expect(sent('DELETE /api/v1/account/tokens/t1')).toHaveLength(1)
})

test('the history is switched off at once', async () => {
  const pointer = userEvent.setup()
  const { sent } = show(<Account />, {
    at: '/account',
    answers: { ...answers, 'PATCH /api/v1/account': { ...user, keep_history: false } },
  })
  const keep = await screen.findByLabelText('Keep what I classify')
  await pointer.click(keep)
  await screen.findByText('Saved')
  expect(keep).not.toBeChecked()
  expect(sent('PATCH /api/v1/account')).toEqual([{ keep_history: false }])
})
