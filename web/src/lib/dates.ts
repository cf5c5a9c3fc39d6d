import i18next from 'i18next'

/** A day, as it is written in the visitor's language and time zone. */
export function day(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(new Date(iso))
}

/** A day and the time of it. */
export function moment(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(iso),
  )
}

/** A count with its thousands apart. */
export function count(value: number): string {
  return new Intl.NumberFormat(locale()).format(value)
}

// Plain `en` would be American.
const locale = () => (i18next.language === 'en' ? 'en-GB' : i18next.language)
