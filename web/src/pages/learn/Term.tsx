import { type KeyboardEvent, type ReactNode, useId, useState } from 'react'
import { Link } from 'react-router'
import type { GlossaryTerm } from '../../api/guide'
import { Prose } from '../../components/Prose'
import css from './Term.module.css'

/** A word with its meaning: shown when one points at it or comes to it by keyboard; a click leads to the glossary. */
export function Term({ term, children }: { term: GlossaryTerm; children: ReactNode }) {
  const id = useId()
  const [open, setOpen] = useState(false)
  const close = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setOpen(false)
  }
  return (
    <span
      className={css.term}
      onPointerEnter={(event) => setOpen(event.pointerType === 'mouse')}
      onPointerLeave={() => setOpen(false)}
    >
      <Link
        to={`/learn/glossary#${term.id}`}
        aria-describedby={open ? id : undefined}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={close}
      >
        {children}
      </Link>
      {open && (
        <span ref={intoView} role="tooltip" id={id} className={css.meaning}>
          <Prose html={textOnly(term.text_html)} />
        </span>
      )}
    </span>
  )
}

// As far as it stays from the window's edge.
const EDGE = 8

/** To the left, as far as it would stand out of the window on the right. */
function intoView(meaning: HTMLElement | null): void {
  if (!meaning) return
  const out = meaning.getBoundingClientRect().right + EDGE - document.documentElement.clientWidth
  if (out > 0) meaning.style.left = `${-out}px`
}

/** Without paragraphs and links, because it stands inside a paragraph and beside a link. */
function textOnly(html: string): string {
  return html.replace(/<\/?(p|a)\b[^>]*>/g, '')
}
