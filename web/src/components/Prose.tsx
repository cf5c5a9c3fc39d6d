import { Fragment, type ReactNode, useMemo } from 'react'
import { Link } from 'react-router'

// What Markdown makes. Anything else is shown as its text alone.
const PLAIN = new Set(['p', 'em', 'strong', 'ul', 'ol', 'li', 'blockquote', 'code', 'sub', 'sup'])

interface Props {
  /** HTML that the server made from Markdown. */
  html: string
  /** Draws a term that `<dfn data-term>` marks. */
  define?: ((id: string, words: string) => ReactNode) | undefined
}

/** Text from the server as elements of the page, so that its links open without a reload and nothing in it can run. */
export function Prose({ html, define }: Props) {
  const body = useMemo(() => new DOMParser().parseFromString(html, 'text/html').body, [html])
  return <>{within(body, define)}</>
}

function within(node: Node, define: Props['define']): ReactNode {
  return [...node.childNodes].map((child, at) => (
    <Fragment key={at}>{drawn(child, define)}</Fragment>
  ))
}

function drawn(node: Node, define: Props['define']): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent
  if (!(node instanceof Element)) return null
  const name = node.localName
  if (name === 'script' || name === 'style') return null
  if (name === 'br') return <br />
  if (name === 'a') {
    return <Anchor href={node.getAttribute('href') ?? ''}>{within(node, define)}</Anchor>
  }
  const term = name === 'dfn' && node.getAttribute('data-term')
  if (term && define) return define(term, node.textContent)
  if (!PLAIN.has(name)) return within(node, define)
  const Tag = name as 'p'
  return <Tag>{within(node, define)}</Tag>
}

function Anchor({ href, children }: { href: string; children: ReactNode }) {
  if (href.startsWith('/') && !href.startsWith('//')) return <Link to={href}>{children}</Link>
  if (!href.startsWith('https://')) return <>{children}</>
  return (
    <a href={href} rel="noopener noreferrer">
      {children}
    </a>
  )
}
