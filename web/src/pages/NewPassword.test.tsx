import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { vi } from 'vitest'
import { leaveTo } from '../lib/leaving'
import { Refusal, show } from '../testing-page'
import NewPassword from './NewPassword'

vi.mock('../lib/leaving')

const TOKEN = 'Ab-_'.repeat(11).slice(0, 43)
const SET = 'PUT /api/v1/account/password/reset'

function open(answers: Record<string, unknown>, hash = `#${TOKEN}`) {
  return show(<NewPassword />, { at: `/new-password${hash}`, answers })
}

test('the token leaves the address bar, and goes along with the password', async () => {
  const user = userEvent.setup()
  const { sent, place } = open({ [SET]: undefined })
  await waitFor(() => expect(place()).toBe('/new-password'))
  await user.type(screen.getByLabelText('New password'), 'correct horse battery{Enter}')
  await waitFor(() => expect(leaveTo).toHaveBeenCalledWith('/sign-in?changed=yes'))
  expect(sent(SET)).toEqual([{ token: TOKEN, new: 'correct horse battery' }])
})

test('a short password is said at its field, and nothing is sent', async () => {
  const user = userEvent.setup()
  const { sent } = open({})
  await user.type(screen.getByLabelText('New password'), 'short{Enter}')
  const field = screen.getByLabelText('New password')
  expect(field).toHaveFocus()
  expect(field).toHaveAccessibleDescription(/It has 5 of at least 10 characters/)
  expect(sent(SET)).toEqual([])
})

test('a link that was used or is too old leads to a new one', async () => {
  const user = userEvent.setup()
  open({ [SET]: new Refusal(410, 'This link has been used already.', 'Ask for a new one.') })
  await user.type(screen.getByLabelText('New password'), 'correct horse battery{Enter}')
  expect(await screen.findByRole('alert')).toHaveTextContent('This link has been used already.')
  expect(screen.getByRole('link', { name: 'Ask for a new link' })).toHaveAttribute(
    'href',
    '/forgot-password',
  )
})

test('a password that others would try first can be given another try', async () => {
  const user = userEvent.setup()
  open({ [SET]: new Refusal(422, 'This password is one of the first.', 'Take several words.') })
  await user.type(screen.getByLabelText('New password'), 'password123{Enter}')
  expect(await screen.findByRole('alert')).toHaveTextContent('Take several words.')
  expect(screen.queryByRole('link', { name: 'Ask for a new link' })).toBeNull()
  expect(screen.getByLabelText('New password')).toHaveValue('password123')
})

test.each(['', '#main', '#half-of-it'])('a link with %j is not whole', (hash) => {
  open({}, hash)
  expect(screen.getByText(/it has not arrived whole/)).toBeVisible()
  expect(screen.queryByLabelText('New password')).toBeNull()
})
