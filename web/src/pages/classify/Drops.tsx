import { useEffect, useEffectEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import css from './Drops.module.css'
import { isAddress } from './taking'

interface Props {
  /** Gets none where something else was given. */
  onFiles: (files: File[]) => void
  /** Gets an address of the web that was given instead. */
  onAddress: (url: string) => void
}

/** Pictures, and their addresses, may be dropped anywhere on the page, and pasted. */
export function Drops({ onFiles, onAddress }: Props) {
  const { t } = useTranslation()
  const [dragging, setDragging] = useState(false)
  const take = useEffectEvent((given: DataTransfer | null) => {
    const files = [...(given?.files ?? [])]
    const address = files.length === 0 && addressIn(given)
    if (address) onAddress(address)
    else onFiles(files)
  })
  useEffect(() => {
    // Entering a child leaves its parent, so that only a count tells whether the pointer is still inside.
    let depth = 0
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const enter = (event: DragEvent) => {
      if (!carries(event)) return
      depth += 1
      setDragging(true)
    }
    const leave = (event: DragEvent) => {
      if (!carries(event)) return
      depth = Math.max(0, depth - 1)
      setDragging(depth > 0)
    }
    const over = (event: DragEvent) => event.preventDefault()
    const drop = (event: DragEvent) => {
      event.preventDefault()
      depth = 0
      setDragging(false)
      take(event.dataTransfer)
    }
    const paste = (event: ClipboardEvent) => {
      if (event.target instanceof HTMLInputElement) return
      // The field may get the focus, and would take it once more.
      event.preventDefault()
      take(event.clipboardData)
    }
    const heard = new AbortController()
    const { signal } = heard
    window.addEventListener('dragenter', enter, { signal })
    window.addEventListener('dragleave', leave, { signal })
    window.addEventListener('dragover', over, { signal })
    window.addEventListener('drop', drop, { signal })
    document.addEventListener('paste', paste, { signal })
    return () => heard.abort()
  }, [])
  return dragging ? (
    <div className={css.veil} aria-hidden="true">
      <p>{t('intake.dropNow')}</p>
    </div>
  ) : null
}

function addressIn(given: DataTransfer | null): string {
  const text = given?.getData('text').trim() ?? ''
  return isAddress(text) ? text : ''
}
