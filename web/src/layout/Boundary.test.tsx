import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Suspense } from 'react'
import { later, watchStyles } from '../lib/later'
import { Boundary } from './Boundary'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const page = { default: () => <h1>the page</h1> }

function show(load: () => Promise<typeof page>) {
  const Later = later(load)
  return render(
    <Boundary>
      <Suspense>
        <Later />
      </Suspense>
    </Boundary>,
  )
}

test('a page that does not come for want of a server comes on another try', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')))
  const load = vi.fn().mockRejectedValueOnce(new TypeError('no file')).mockResolvedValue(page)
  show(load)
  expect(await screen.findByText('The server cannot be reached.')).toBeVisible()
  expect(load).toHaveBeenCalledTimes(1)
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('the page')).toBeVisible()
})

test('where the server is back already, the page comes by itself', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response()))
  show(vi.fn().mockRejectedValueOnce(new TypeError('no file')).mockResolvedValue(page))
  expect(await screen.findByText('the page')).toBeVisible()
})

test('a page that the server no longer has is a fault', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response()))
  show(vi.fn().mockRejectedValue(new TypeError('no file')))
  expect(await screen.findByText('This page ran into a fault of its own.')).toBeVisible()
})

test('a stylesheet that did not come is asked for again', async () => {
  watchStyles()
  const link = document.createElement('link')
  Object.assign(link, { rel: 'stylesheet', href: '/page.css' })
  document.head.append(link)
  link.dispatchEvent(new Event('error'))
  show(() => Promise.resolve(page))
  await vi.waitFor(() => expect(link.isConnected).toBe(false))
  const [fresh] = document.querySelectorAll('link[href="/page.css"]')
  fresh?.dispatchEvent(new Event('load'))
  expect(await screen.findByText('the page')).toBeVisible()
  fresh?.remove()
})
