import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import { MemoryRouter } from 'react-router'
import { madeUpAnswer } from './made-up'
import { Schemes } from './Schemes'

const CHOICE = {
  taxonomy: '',
  number: 0,
  id: '',
  name: 'Disk, Edge-on, No Bulge',
  confidence: 0.7,
  chance: 'likely',
  coverage: 1,
  probabilities: [0.7],
  answer_set: [],
}

function show(id: string, learned: boolean) {
  const scheme = { id, name: id, learned, classes: [{ number: 0, id: '', name: CHOICE.name }] }
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MemoryRouter>
        <Schemes answer={madeUpAnswer({ classes: { [id]: CHOICE } })} taxonomies={[scheme]} />
      </MemoryRouter>
    </QueryClientProvider>,
  )
}

test('a scheme made of votes corrected for distance says so', async () => {
  vi.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json({ entries: [] }))
  show('galaxy10_sdss', false)
  expect(await screen.findByText(/corrected for distance/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'How?' })).toHaveAttribute(
    'href',
    '/learn/vote-fractions',
  )
})

test.each([
  ['hubble', false],
  ['galaxy10_sdss', true],
])('%s, learnt: %s, does not', async (id, learned) => {
  vi.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json({ entries: [] }))
  show(id, learned)
  expect((await screen.findAllByText(/Edge-on, No Bulge/))[0]).toBeVisible()
  expect(screen.queryByText(/corrected for distance/)).toBeNull()
})
