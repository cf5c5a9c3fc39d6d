import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import { focusIfLost } from '../lib/focus'
import css from './Dialog.module.css'

interface Props {
  title: string
  /** To be called where the visitor leaves without an answer: Escape, or a click beside it. */
  onClose: () => void
  children: ReactNode
}

/** A question that has to be answered before the page goes on. It is open as long as it is drawn. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  // While it still stands on the page: closed later, it would not give the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current
    const opener = document.activeElement
    shown?.showModal()
    return () => {
      shown?.close()
      if (opener instanceof HTMLElement) opener.focus()
      // What opened it may be gone by then, deleted.
      setTimeout(() => focusIfLost(document.querySelector('h1')))
    }
  }, [])
  return (
    // The browser closes a dialog on Escape by itself; the click beside it is for the pointer only.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      className={css.dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div className={css.inner}>
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}
