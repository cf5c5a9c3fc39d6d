import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { show } from '../testing-page'
import { Header } from './Header'

test('Escape closes the menu of a phone, and the focus is back on its button', async () => {
  const user = userEvent.setup()
  show(<Header />, { answers: {} })
  const menu = await screen.findByRole('button', { name: 'Menu' })
  await user.click(menu)
  expect(menu).toHaveAttribute('aria-expanded', 'true')
  await user.tab()
  await user.keyboard('{Escape}')
  expect(menu).toHaveAttribute('aria-expanded', 'false')
  expect(menu).toHaveFocus()
})
