import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './Button'
import css from './Copy.module.css'

/** Something to be copied: an address, a secret. It can be selected by hand where the browser does not copy. */
export function Copy({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      // Without https the browser has no clipboard: the visitor copies the selection.
      input.current?.select()
    }
  }
  return (
    <div className={css.copy}>
      <input
        ref={input}
        aria-label={label}
        readOnly
        value={text}
        onFocus={(event) => event.target.select()}
      />
      <Button onClick={copy}>{t('copy')}</Button>
      <p role="status" className={css.said}>
        {copied && t('copied')}
      </p>
    </div>
  )
}
