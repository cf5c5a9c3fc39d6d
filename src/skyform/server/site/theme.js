// Before the first paint, so that a chosen light theme does not flash dark.
try {
  const chosen = localStorage.getItem('skyform-theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Storage is switched off: the default stays.
}
