import { render, screen } from '@testing-library/react'
import { MemoryRouter } from 'react-router'
import { Prose } from './Prose'

const show = (html: string, define?: (id: string, words: string) => string) =>
  render(
    <MemoryRouter>
      <Prose html={html} define={define} />
    </MemoryRouter>,
  )

test('paragraphs, emphasis and lists stay what they are', () => {
  const { container } = show('<p>A <em>bar</em>.</p><ul><li>one</li></ul>')
  expect(container.innerHTML).toBe('<p>A <em>bar</em>.</p><ul><li>one</li></ul>')
})

test('links lead inside and to https, and nowhere else', () => {
  show(
    '<a href="/learn/bar">in</a> <a href="https://arxiv.org/">out</a> <a href="javascript:alert(1)">bad</a> <a href="//evil.example">other</a>',
  )
  expect(screen.getByRole('link', { name: 'in' })).toHaveAttribute('href', '/learn/bar')
  expect(screen.getByRole('link', { name: 'out' })).toHaveAttribute('rel', 'noopener noreferrer')
  expect(screen.queryByRole('link', { name: 'bad' })).toBeNull()
  expect(screen.queryByRole('link', { name: 'other' })).toBeNull()
})

test('nothing else becomes an element', () => {
  const { container } = show(
    '<p onclick="x()">a<img src="x" onerror="x()"><script>x()</script><iframe></iframe><table><tr><td>b</td></tr></table></p>',
  )
  expect(container.querySelector('img, script, iframe, table, [onclick]')).toBeNull()
  expect(container.textContent).toBe('ab')
})

test('terms are drawn by the one who marked them, and are words without', () => {
  const html = '<p>a <dfn data-term="bar">bar</dfn></p>'
  expect(show(html).container.textContent).toBe('a bar')
  expect(show(html, (id, words) => `${id}:${words}`).container.textContent).toBe('a bar:bar')
})
