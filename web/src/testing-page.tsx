import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render } from '@testing-library/react'
import { type ReactNode, Suspense } from 'react'
import { MemoryRouter, Route, Routes, useLocation } from 'react-router'
import { onTestFinished, vi } from 'vitest'

/** An answer of the server that is no success. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly message: string,
    readonly remedy = '',
  ) {}
}

interface Options {
  /** Where the page is. */
  at?: string
  /** The route that it stands for, where that has parameters. */
  path?: string
  /** What the server says, by method and path; `undefined` has no body. Everything else is not found. */
  answers: Record<string, unknown>
}

const SESSION = {
  user: null,
  csrf: 'token',
  registration: true,
  openid: null,
  password_reset: false,
}

/**
 * Draw a page as the site does, with a server that gives these answers. `sent` tells the bodies that were sent to an address, and
 * `place` where the visitor is.
 */
export function show(
  page: ReactNode,
  { at = '/', path = at.replace(/[?#].*/, ''), answers }: Options,
) {
  const bodies: Record<string, unknown[]> = {}
  vi.stubGlobal('fetch', async (input: Request | string) => {
    const request = typeof input === 'string' ? undefined : input
    const url = new URL(typeof input === 'string' ? input : input.url, location.origin)
    const key = `${request?.method ?? 'GET'} ${url.pathname}`
    const text = (await request?.text()) ?? ''
    const sent = (bodies[key] ??= [])
    sent.push(text ? JSON.parse(text) : url.search)
    return response({ 'GET /api/v1/session': SESSION, ...answers }, key)
  })
  // jsdom draws no pictures, and opens no dialogs.
  HTMLImageElement.prototype.decode = () => Promise.resolve()
  HTMLDialogElement.prototype.showModal = function open() {
    this.open = true
  }
  HTMLDialogElement.prototype.close = function close() {
    this.open = false
  }
  onTestFinished(() => void vi.unstubAllGlobals())

  let place = at
  const Here = () => {
    const { pathname, search, hash } = useLocation()
    place = pathname + search + hash
    return null
  }
  const view = render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <MemoryRouter initialEntries={[at]}>
        <Here />
        <Suspense>
          <Routes>
            <Route path={path} element={page} />
            <Route path="*" element={null} />
          </Routes>
        </Suspense>
      </MemoryRouter>
    </QueryClientProvider>,
  )
  return { ...view, sent: (key: string) => bodies[key] ?? [], place: () => place }
}

function response(answers: Record<string, unknown>, key: string): Response {
  const found = key in answers ? answers[key] : new Refusal(404, 'There is no such address.')
  if (found instanceof Refusal) {
    const { status, message, remedy } = found
    const error = { code: 'refused', message, remedy, request_id: 'test' }
    return Response.json({ error }, { status })
  }
  return found === undefined ? new Response(null, { status: 204 }) : Response.json(found)
}
