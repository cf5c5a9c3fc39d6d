import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter, Route, Routes, useLocation } from 'react-router'
import { HandProvider, useHand } from '../../lib/hand'
import { Intake } from './Intake'
import { nameIn } from './taking'

beforeAll(() => {
  URL.createObjectURL = () => 'blob:made-up'
  URL.revokeObjectURL = () => undefined
})

/** Shows what arrived. */
function Arrived() {
  const { state, pathname } = useLocation() as { state: { pictures: string[] }; pathname: string }
  const hand = useHand()
  return <p>{[pathname, ...state.pictures.map((id) => hand.find(id)?.name)].join(' ')}</p>
}

function show() {
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <HandProvider>
        <MemoryRouter>
          <Routes>
            <Route path="/" element={<Intake />} />
            <Route path="/classify" element={<Arrived />} />
            <Route path="/jobs/:id" element={<p>the job</p>} />
          </Routes>
        </MemoryRouter>
      </HandProvider>
    </QueryClientProvider>,
  )
}

const pictures = (count: number) =>
  Array.from({ length: count }, (_, i) => new File(['x'], `${i}.jpg`, { type: 'image/jpeg' }))

const chooser = () => {
  const [input] = document.querySelectorAll<HTMLInputElement>('input[type=file]')
  if (!input) throw new Error('no file input')
  return input
}

test('chosen pictures go to the page that answers them', async () => {
  show()
  await userEvent.upload(chooser(), pictures(2))
  expect(await screen.findByText('/classify 0.jpg 1.jpg')).toBeInTheDocument()
})

test('a dropped picture is taken anywhere on the page', async () => {
  show()
  const drop = new Event('drop', { cancelable: true })
  Object.assign(drop, { dataTransfer: { files: pictures(1), types: ['Files'] } })
  act(() => void window.dispatchEvent(drop))
  expect(await screen.findByText('/classify 0.jpg')).toBeInTheDocument()
})

function paste(text: string) {
  const event = new Event('paste')
  Object.assign(event, { clipboardData: { files: [], getData: () => text } })
  act(() => void document.dispatchEvent(event))
}

test('an address pasted elsewhere goes to its field', () => {
  show()
  paste('text')
  paste(' https://example.org/m51.jpg\n')
  const field = screen.getByLabelText(/address of a picture/)
  expect(field).toHaveValue('https://example.org/m51.jpg')
  expect(field).toHaveFocus()
  expect(screen.queryByText(/There was no file/)).toBeNull()
})

test('text pasted elsewhere is told to be no picture', async () => {
  show()
  paste('text')
  expect(await screen.findByText(/There was no file/)).toBeInTheDocument()
})

test.each([
  ['many pictures', () => pictures(13)],
  ['an archive', () => [new File(['x'], 'survey.zip', { type: 'application/zip' })]],
])('%s become a job', async (_, files) => {
  const posted = vi.spyOn(globalThis, 'fetch').mockImplementation((address) => {
    const body = address === '/api/v1/jobs' ? { id: 'made-up' } : { csrf: 'made-up' }
    return Promise.resolve(Response.json(body))
  })
  show()
  await userEvent.upload(chooser(), files(), { applyAccept: false })
  expect(await screen.findByText('the job')).toBeInTheDocument()
  const sent = posted.mock.calls.find(([address]) => address === '/api/v1/jobs')?.[1]?.body
  expect((sent as FormData).getAll('files')).toHaveLength(files().length)
  posted.mockRestore()
})

test('what is no address is said before it is sent', async () => {
  show()
  await userEvent.type(screen.getByLabelText(/address of a picture/), 'galaxy.jpg')
  await userEvent.click(screen.getByRole('button', { name: 'Fetch it' }))
  await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('https://'))
})

test.each([
  ['https://example.org/a/ngc%201300.jpg?size=2', 'ngc 1300.jpg'],
  ['https://example.org/', 'example.org'],
  ['nonsense', 'nonsense'],
])('the name in %s', (url, name) => {
  expect(nameIn(url)).toBe(name)
})
