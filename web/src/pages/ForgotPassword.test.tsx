import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Refusal, show } from '../testing-page'
import ForgotPassword from './ForgotPassword'

const SESSION = {
  user: null,
  csrf: 'token',
  registration: true,
  openid: null,
  password_reset: true,
}
const ASK = 'POST /api/v1/account/password/reset'
const at = '/forgot-password'

function open(answers: Record<string, unknown>) {
  return show(<ForgotPassword />, { at, answers: { 'GET /api/v1/session': SESSION, ...answers } })
}

test('who asks is told that a mail comes, if there is an account', async () => {
  const user = userEvent.setup()
  const { sent } = open({ [ASK]: undefined })
  await user.type(await screen.findByLabelText('E-mail'), ' a@example.org {Enter}')
  expect(await screen.findByText(/If an account has the address a@example.org/)).toBeVisible()
  expect(screen.getByRole('status')).toHaveTextContent('half an hour')
  expect(sent(ASK)).toEqual([{ email: 'a@example.org' }])
  await user.type(screen.getByLabelText('E-mail'), 'x')
  expect(screen.getByRole('status')).toBeEmptyDOMElement()
})

test('what is no address is said at its field, and nothing is sent', async () => {
  const user = userEvent.setup()
  const { sent } = open({})
  await user.type(await screen.findByLabelText('E-mail'), 'somebody{Enter}')
  const email = screen.getByLabelText('E-mail')
  expect(email).toHaveFocus()
  expect(email).toHaveAccessibleDescription('Give the whole address, with its @.')
  expect(sent(ASK)).toEqual([])
})

test('who asks too often is told so', async () => {
  const user = userEvent.setup()
  open({ [ASK]: new Refusal(429, 'Asked for several times.', 'Look for the latest mail.') })
  await user.type(await screen.findByLabelText('E-mail'), 'a@example.org{Enter}')
  expect(await screen.findByRole('alert')).toHaveTextContent('Look for the latest mail.')
})

test('where no mail is sent, the page says who can help', async () => {
  open({ 'GET /api/v1/session': { ...SESSION, password_reset: false } })
  expect(await screen.findByText(/This site sends no mail/)).toBeVisible()
  expect(screen.queryByLabelText('E-mail')).toBeNull()
})

test('a server that does not answer can be asked again', async () => {
  open({ 'GET /api/v1/session': new Refusal(500, 'Broken.') })
  expect(await screen.findByRole('alert')).toHaveTextContent('Broken.')
  expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible()
})
