import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter } from 'react-router'
import { forgetCsrf } from '../../api/client'
import { madeUpAnswer, TREE } from './made-up'
import { useKeeping } from './keeping'
import { Right } from './Right'
import { Share } from './Share'
import type { Subject } from './subject'

const SUBJECT: Subject = {
  key: 'made-up',
  name: 'made-up.jpg',
  picture: '',
  view: {},
  given: () =>
    Promise.resolve({ parcel: { file: new Blob(['x']), name: 'made-up.jpg' }, view: {} }),
}

function Asked() {
  const keeping = useKeeping(SUBJECT)
  return (
    <MemoryRouter>
      <Right answer={madeUpAnswer()} tree={TREE} keeping={keeping} />
      <Share subject={SUBJECT} sentence="A galaxy." keeping={keeping} />
    </MemoryRouter>
  )
}

/** Every request that changes something, and what it carried. */
let asked: { path: string; body: unknown }[] = []

beforeEach(() => {
  asked = []
  forgetCsrf()
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (given, init) => {
    const request = given instanceof Request ? given : undefined
    const address = given instanceof Request ? given.url : given
    const path = new URL(address, 'http://localhost').pathname
    if (path.endsWith('/session')) return Response.json({ csrf: 'made-up' })
    asked.push({ path, body: request ? await request.json() : init?.body })
    const shared = request?.method === 'PATCH'
    return Response.json({ id: 'kept', owned: true, shared }, { status: 201 })
  })
})
afterEach(() => vi.restoreAllMocks())

function show() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Asked />
    </QueryClientProvider>,
  )
}

const press = async (name: string) => userEvent.click(await screen.findByRole('button', { name }))

test('"yes" keeps the picture, and votes for what was sure enough to say', async () => {
  show()
  await press('Yes, this is right')
  expect(await screen.findByText(/Thank you/)).toBeInTheDocument()
  expect(asked.map((a) => a.path)).toEqual(['/api/v1/results', '/api/v1/results/kept/votes'])
  expect(asked[1]?.body).toMatchObject({
    kind: 'galaxy',
    answers: { root: 'root.disc', bar: 'bar.no' },
  })
})

test('walking the tree sends the answers that were given, and no more', async () => {
  show()
  await press('Answer the questions myself')
  await press('smooth')
  await press('yes')
  await press('One back')
  await press('no')
  await press('I cannot tell further, send this')
  expect(await screen.findByText(/Thank you/)).toBeInTheDocument()
  expect(asked[1]?.body).toMatchObject({ answers: { root: 'root.smooth', round: 'round.no' } })
})

test('nothing is kept before something is said', async () => {
  show()
  await press('It is something else')
  expect(asked).toEqual([])
  await press('A nebula')
  expect(await screen.findByText(/Thank you/)).toBeInTheDocument()
  expect(asked[1]?.body).toMatchObject({ kind: 'nebula', answers: {} })
})

const button = (name: string) => screen.getByRole('button', { name })
const paths = () => asked.map((a) => a.path)

test('a double click votes once', async () => {
  show()
  fireEvent.click(button('Yes, this is right'))
  fireEvent.click(button('Yes, this is right'))
  expect(await screen.findByText(/Thank you/)).toBeInTheDocument()
  expect(paths()).toEqual(['/api/v1/results', '/api/v1/results/kept/votes'])
})

test('what is shared and voted on at once is kept once', async () => {
  show()
  fireEvent.click(button('Share with an address'))
  fireEvent.click(button('Share with an address'))
  fireEvent.click(button('Yes, this is right'))
  expect(await screen.findByText(/Thank you/)).toBeInTheDocument()
  await waitFor(() => expect(asked).toHaveLength(3))
  expect(paths().sort()).toEqual([
    '/api/v1/results',
    '/api/v1/results/kept',
    '/api/v1/results/kept/votes',
  ])
})

test('the focus goes with what opens, and back to what opened it', async () => {
  show()
  await press('It is something else')
  expect(screen.getByRole('group', { name: 'What it is' })).toHaveFocus()
  await press('Back')
  expect(button('It is something else')).toHaveFocus()
  await press('Answer the questions myself')
  await press('One back')
  expect(button('Answer the questions myself')).toHaveFocus()
  await press('Yes, this is right')
  expect(await screen.findByText(/Thank you/)).toBeInTheDocument()
  await waitFor(() => expect(screen.getByRole('heading', { name: 'Is this right?' })).toHaveFocus())
})
