import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../components/Button'

/** Dark to light and back; the choice is remembered in this browser. */
export function ThemeToggle() {
  const { t } = useTranslation()
  const [theme, setTheme] = useState(document.documentElement.dataset['theme'] ?? 'dark')
  const other = theme === 'dark' ? 'light' : 'dark'
  const change = () => {
    document.documentElement.dataset['theme'] = other
    setTheme(other)
    try {
      localStorage.setItem('skyform-theme', other)
    } catch {
      // Storage is switched off: the choice holds until the page is closed.
    }
  }
  return (
    <Button kind="plain" onClick={change}>
      {other === 'light' ? t('theme.toLight') : t('theme.toDark')}
    </Button>
  )
}
