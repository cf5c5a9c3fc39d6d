import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { show } from '../testing-page'
import Gallery from './Gallery'

const named = (id: string, name: string) => ({ taxonomy: 'bar', number: 0, id, name })
const exhibit = (id: string, right: boolean) => ({
  id,
  title: `Picture ${id}`,
  picture: `/${id}`,
  thumbnail: `/${id}/small`,
  survey: 'SDSS',
  credit: 'SDSS',
  licence: 'MIT',
  truth: named('yes', 'a bar'),
  truth_text: 'a bar',
  predicted: right ? named('yes', 'a bar') : named('no', 'no bar'),
  confidence: 0.8,
  chance: 'likely',
  right,
  sentence: 'Likely a disc galaxy.',
})
const page = {
  items: [exhibit('g1', true), exhibit('g2', false)],
  next: 'more',
  total: 5,
  filters: {
    classes: { 'bar:yes': 5 },
    names: { 'bar:yes': 'a bar' },
    surveys: { SDSS: 5 },
    mistakes: 1,
  },
}
const answers = {
  'GET /api/v1/gallery': page,
  'GET /api/v1/gallery/random': exhibit('g3', false),
  'GET /api/v1/models': { models: [{ tree: null, taxonomies: [] }] },
}

test('a random one is there at once, and the next one at a press', async () => {
  const user = userEvent.setup()
  const { place } = show(<Gallery />, { at: '/gallery', answers })
  const stage = await screen.findByRole('region', { name: 'One galaxy' })
  expect(await within(stage).findByText('They disagree')).toBeVisible()
  expect(within(stage).getByText('A bar')).toBeVisible()
  expect(within(stage).getByText('No bar')).toBeVisible()
  await user.click(within(stage).getByRole('button', { name: 'Show me another' }))
  await waitFor(() => expect(place()).toBe('/gallery?one=g3'))
})

test('what is chosen stands in the address, and is asked of the server', async () => {
  const user = userEvent.setup()
  const { sent, place } = show(<Gallery />, { at: '/gallery', answers })
  await screen.findByRole('option', { name: 'A bar (5)' })
  await user.selectOptions(screen.getByLabelText('Class that people gave'), 'A bar (5)')
  await user.click(screen.getByLabelText('Only mistakes (1)'))
  await user.selectOptions(screen.getByLabelText('Sort by'), 'Mistakes first')
  expect(place()).toBe('/gallery?class=bar%3Ayes&mistakes=yes&sort=mistakes')
  await waitFor(() =>
    expect(sent('GET /api/v1/gallery').at(-1)).toBe(
      '?order=mistakes&mistakes=true&classes=bar%3Ayes',
    ),
  )
})

test('more is a link, and an address with pages opens them all', async () => {
  const { sent } = show(<Gallery />, { at: '/gallery?pages=2', answers })
  const more = await screen.findByRole('link', { name: 'Show more' })
  expect(more).toHaveAttribute('href', '/gallery?pages=3')
  await waitFor(() => expect(sent('GET /api/v1/gallery')).toHaveLength(2))
  expect(sent('GET /api/v1/gallery')[1]).toContain('cursor=more')
})
