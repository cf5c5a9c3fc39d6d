import { useQuery } from '@tanstack/react-query'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Refusal, show } from '../testing-page'
import { api, unwrap } from './client'
import { useSession, useSessionWatch } from './session'

const guest = { user: null, csrf: 'a', registration: true, openid: null, password_reset: false }
const member = { ...guest, user: { id: 'u1', email: 'ada@example.org', role: 'member' } }

/** Who one is, what is kept, and something for members only. */
function Page() {
  useSessionWatch()
  const session = useSession()
  const kept = useQuery({
    queryKey: ['results'],
    queryFn: () => unwrap(api.GET('/api/v1/results')),
  })
  const tokens = useQuery({
    queryKey: ['tokens'],
    queryFn: () => unwrap(api.GET('/api/v1/account/tokens')),
    enabled: false,
  })
  return (
    <>
      <p>{session?.user?.email ?? 'nobody'}</p>
      <p>{kept.data?.total} kept</p>
      <button onClick={() => void tokens.refetch()}>tokens</button>
    </>
  )
}

/** The page of a member, who is then signed out elsewhere. */
async function signedOut() {
  const answers: Record<string, unknown> = {
    'GET /api/v1/session': member,
    'GET /api/v1/results': { items: [], next: null, total: 3 },
    'GET /api/v1/account/tokens': new Refusal(401, 'One has to sign in first.'),
  }
  show(<Page />, { at: '/history', answers })
  expect(await screen.findByText('ada@example.org')).toBeVisible()
  expect(await screen.findByText('3 kept')).toBeVisible()
  answers['GET /api/v1/session'] = guest
  answers['GET /api/v1/results'] = { items: [], next: null, total: 0 }
}

test('signing out in another tab is noticed here', async () => {
  await signedOut()
  const other = new BroadcastChannel('skyform-session')
  other.postMessage('changed')
  expect(await screen.findByText('nobody')).toBeVisible()
  expect(await screen.findByText('0 kept')).toBeVisible()
  other.close()
})

test('a request for which one is not signed in any more asks who one is', async () => {
  await signedOut()
  await userEvent.click(screen.getByRole('button', { name: 'tokens' }))
  expect(await screen.findByText('nobody')).toBeVisible()
  expect(await screen.findByText('0 kept')).toBeVisible()
})

test('a session that has ended is noticed when one comes back to the tab', async () => {
  await signedOut()
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000)
  document.dispatchEvent(new Event('visibilitychange'))
  await waitFor(() => expect(screen.getByText('0 kept')).toBeVisible())
  vi.restoreAllMocks()
})
