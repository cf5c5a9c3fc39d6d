import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from './schema'

export type Schemas = components['schemas']
export type Classification = Schemas['Classification']
export type ErrorDetail = Schemas['ErrorDetail']

/** What the server said went wrong, in its one shape; also for a server that cannot be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: ErrorDetail,
  ) {
    super(detail.message)
    this.name = 'ApiError'
  }

  /** True where nobody answered: the visitor is offline, or the server is down. */
  get offline(): boolean {
    return this.status === 0
  }
}

// The token against cross-site posts. The server gives it with the session; it changes when one signs in.
let csrf: Promise<string> | undefined

/** Forget the token, because the session has changed. */
export function forgetCsrf(): void {
  csrf = undefined
}

async function csrfToken(): Promise<string> {
  csrf ??= fetch('/api/v1/session').then(async (response) => {
    const note = (await response.json()) as Schemas['SessionNote']
    return note.csrf
  })
  try {
    return await csrf
  } catch {
    forgetCsrf()
    return ''
  }
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

const middleware: Middleware = {
  async onRequest({ request }) {
    if (!SAFE.has(request.method)) request.headers.set('X-CSRF-Token', await csrfToken())
    return request
  },
}

export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: (request) => fetch(request),
})
api.use(middleware)

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** The data of an answer, or its `ApiError`. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await call
  } catch {
    throw new ApiError(0, { code: 'offline', message: '', remedy: '', request_id: '' })
  }
  if (answer.error !== undefined || !answer.response.ok) {
    throw new ApiError(answer.response.status, detailOf(answer.error, answer.response))
  }
  return answer.data as T
}

/** `fetch` for what the generated client cannot type (uploads, files): same token, same errors. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (!SAFE.has(init.method ?? 'GET')) headers.set('X-CSRF-Token', await csrfToken())
  let response: Response
  try {
    response = await fetch(path, { ...init, headers })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, { code: 'offline', message: '', remedy: '', request_id: '' })
  }
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => undefined)
    throw new ApiError(response.status, detailOf(body, response))
  }
  return response
}

function detailOf(body: unknown, response: Response): ErrorDetail {
  if (typeof body === 'object' && body !== null && 'error' in body) {
    return (body as Schemas['ErrorBody']).error
  }
  const request_id = response.headers.get('X-Request-ID') ?? ''
  return { code: 'unexpected', message: '', remedy: '', request_id }
}
