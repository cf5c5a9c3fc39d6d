import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import { watchStyles } from './lib/later'
import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'
import { setUpWords } from './words'

const root = document.getElementById('root')
if (root) {
  watchStyles()
  await setUpWords()
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
