import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Suspense } from 'react'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { HandProvider } from '../lib/hand'
import Classify from './Classify'
import { madeUpAnswer } from './result/made-up'

beforeAll(() => {
  URL.createObjectURL = () => 'blob:made-up'
  URL.revokeObjectURL = () => undefined
  window.scrollTo = () => undefined
})
afterEach(() => vi.unstubAllGlobals())

/** The page, with a server that gives this to every picture. */
function show(answer: () => Response = () => Response.json(madeUpAnswer())) {
  vi.stubGlobal('fetch', (address: string | Request) => {
    const { pathname } = new URL(
      typeof address === 'string' ? address : address.url,
      location.origin,
    )
    if (pathname === '/api/v1/session') return Promise.resolve(Response.json({ csrf: 'made-up' }))
    if (pathname === '/api/v1/classify') return Promise.resolve(answer())
    return Promise.resolve(Response.json({}, { status: 404 }))
  })
  const router = createMemoryRouter([{ path: '/classify', element: <Classify /> }], {
    initialEntries: ['/classify'],
  })
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <HandProvider>
        <Suspense>
          <RouterProvider router={router} />
        </Suspense>
      </HandProvider>
    </QueryClientProvider>,
  )
  return router
}

async function give(count: number) {
  await screen.findByRole('button', { name: 'Choose pictures' })
  const files = Array.from({ length: count }, (_, i) => new File(['x'], `${i}.jpg`))
  const input = document.querySelector<HTMLInputElement>('input[type=file]')
  if (input) await userEvent.upload(input, files, { applyAccept: false })
}

test('one of several opens, and going back finds the table', async () => {
  const router = show()
  await give(2)
  await userEvent.click(await screen.findByRole('link', { name: '1.jpg' }))
  expect(await screen.findByRole('link', { name: 'All the pictures' })).toBeVisible()
  await act(() => router.navigate(-1))
  expect(await screen.findByRole('heading', { name: '2 pictures' })).toBeVisible()
})

test('a picture that was refused is said to have failed, and nothing of an answer', async () => {
  const error = {
    code: 'not-a-picture',
    message: 'This is no picture.',
    remedy: '',
    request_id: '',
  }
  show(() => Response.json({ error }, { status: 415 }))
  await give(1)
  fireEvent.error(await screen.findByAltText('The picture 0.jpg'))
  expect(await screen.findByText('This is no picture.')).toBeVisible()
  await waitFor(() => expect(document.title).toBe('That did not work: 0.jpg · Skyform'))
  expect(screen.queryByText(/cannot be shown/)).toBeNull()
  expect(screen.queryByRole('figure')).toBeNull()
})

test('the focus goes to the answer when it comes', async () => {
  show()
  await give(1)
  const sentence = await screen.findByRole('heading', { name: madeUpAnswer().sentence })
  await waitFor(() => expect(sentence).toHaveFocus())
})
