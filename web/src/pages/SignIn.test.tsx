import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Refusal, show } from '../testing-page'
import SignIn from './SignIn'

const member = {
  user: { email: 'a@example.org', role: 'member' },
  csrf: 'new',
  registration: true,
  openid: null,
  password_reset: false,
}

test('each field says what is wrong with it, and the first one gets the focus', async () => {
  const user = userEvent.setup()
  const { sent } = show(<SignIn />, { at: '/sign-in?new=yes', answers: {} })
  await user.type(await screen.findByLabelText('Password'), 'short')
  await user.click(screen.getByRole('button', { name: 'Make the account' }))
  const email = screen.getByLabelText('E-mail')
  expect(email).toHaveFocus()
  expect(email).toHaveAccessibleDescription('Give the whole address, with its @.')
  expect(screen.getByLabelText('Password')).toHaveAccessibleDescription(
    'It has 5 of at least 10 characters.',
  )
  expect(sent('POST /api/v1/account')).toEqual([])
})

test('an address that has an account already is said at its field', async () => {
  const user = userEvent.setup()
  const taken = new Refusal(409, 'This e-mail has an account.', 'Sign in instead.')
  show(<SignIn />, { at: '/sign-in?new=yes', answers: { 'POST /api/v1/account': taken } })
  await user.type(await screen.findByLabelText('E-mail'), 'a@example.org')
  await user.type(screen.getByLabelText('Password'), 'correct horse battery')
  await user.click(screen.getByRole('button', { name: 'Make the account' }))
  await waitFor(() =>
    expect(screen.getByLabelText('E-mail')).toHaveAccessibleDescription(
      'This e-mail has an account. Sign in instead.',
    ),
  )
})

test.each([
  ['/sign-in?to=%2Fhistory', '/history'],
  ['/sign-in?to=https%3A%2F%2Felsewhere.example', '/account'],
])('who signs in at %s goes on to %s', async (at, to) => {
  const user = userEvent.setup()
  const { sent, place } = show(<SignIn />, { at, answers: { 'POST /api/v1/session': member } })
  await user.type(await screen.findByLabelText('E-mail'), ' a@example.org ')
  await user.type(screen.getByLabelText('Password'), 'secret{Enter}')
  await waitFor(() => expect(place()).toBe(to))
  expect(sent('POST /api/v1/session')).toEqual([{ email: 'a@example.org', password: 'secret' }])
})

test('a wrong password is explained, and what was typed stays', async () => {
  const user = userEvent.setup()
  const wrong = new Refusal(401, 'They do not belong together.', 'Check both.')
  show(<SignIn />, { at: '/sign-in', answers: { 'POST /api/v1/session': wrong } })
  await user.type(await screen.findByLabelText('E-mail'), 'a@example.org')
  await user.type(screen.getByLabelText('Password'), 'wrong{Enter}')
  expect(await screen.findByRole('alert')).toHaveTextContent('They do not belong together.')
  expect(screen.getByLabelText('Password')).toHaveValue('wrong')
})

test('a provider is offered with the way back, and no account where none can be made', async () => {
  const session = {
    user: null,
    csrf: 'token',
    registration: false,
    openid: { name: 'Observatory', url: '/api/v1/openid/begin' },
    password_reset: false,
  }
  show(<SignIn />, {
    at: '/sign-in?new=yes&to=%2Fhistory',
    answers: { 'GET /api/v1/session': session },
  })
  expect(await screen.findByRole('link', { name: 'Sign in with Observatory' })).toHaveAttribute(
    'href',
    '/api/v1/openid/begin?next=%2Fhistory',
  )
  expect(screen.getByRole('button', { name: 'Sign in' })).toBeVisible()
  expect(screen.queryByText('I am new here')).toBeNull()
})

test('a link for a forgotten password is there where the server sends one', async () => {
  const session = { user: null, csrf: 'token', registration: true, openid: null }
  const answers = { 'GET /api/v1/session': { ...session, password_reset: true } }
  const { unmount } = show(<SignIn />, { at: '/sign-in?changed=yes', answers })
  expect(await screen.findByRole('link', { name: 'Forgot your password?' })).toHaveAttribute(
    'href',
    '/forgot-password',
  )
  expect(screen.getByRole('status')).toHaveTextContent('The password is set. Sign in with it.')
  unmount()
  show(<SignIn />, { at: '/sign-in', answers: {} })
  expect(await screen.findByRole('button', { name: 'Sign in' })).toBeVisible()
  expect(screen.queryByRole('link', { name: 'Forgot your password?' })).toBeNull()
})
