import { useEffect, useEffectEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import css from './Drops.module.css'

/** Pictures may be dropped anywhere on the page, and pasted. `onFiles` gets none where something else was dropped. */
export function Drops({ onFiles }: { onFiles: (files: File[]) => void }) {
  const { t } = useTranslation()
  const [dragging, setDragging] = useState(false)
  const take = useEffectEvent(onFiles)
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
      take([...(event.dataTransfer?.files ?? [])])
    }
    const paste = (event: ClipboardEvent) => {
      if (event.target instanceof HTMLInputElement) return
      take([...(event.clipboardData?.files ?? [])])
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
