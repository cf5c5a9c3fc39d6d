import { bytes, percent } from './numbers'

test.each([
  [0, '0\u00a0%'],
  [0.004, 'under 1\u00a0%'],
  [0.5, '50\u00a0%'],
  [0.99, '99\u00a0%'],
  [0.9999, 'over 99\u00a0%'],
  [1, '100\u00a0%'],
])('%f is %s', (share, words) => {
  expect(percent(share)).toBe(words)
})

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1536, '1.5 KiB'],
  [33554432, '32 MiB'],
])('%d bytes are %s', (count, words) => {
  expect(bytes(count)).toBe(words)
})
