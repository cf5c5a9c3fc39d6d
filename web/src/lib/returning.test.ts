import { returnAddress, signInAddress } from './returning'

test.each(['/history', '/jobs/a1?filter=failed', '/gallery?class=a%3Ab#top'])(
  '%s is a place to return to',
  (path) => {
    const address = new URL(signInAddress(path), 'https://skyform.example')
    expect(returnAddress(address.searchParams.get('to'))).toBe(path)
  },
)

test.each([
  null,
  '',
  'history',
  'https://elsewhere.example/',
  '//elsewhere.example',
  '/\\elsewhere.example',
  '/\t/elsewhere.example',
  '/..//elsewhere.example',
  'javascript:alert(1)',
  '/sign-in?to=/sign-in',
])('%s is not', (wanted) => {
  expect(returnAddress(wanted)).toBe('/account')
})
