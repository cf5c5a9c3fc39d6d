import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import common from './en/common.json'

const LANGUAGES = ['en'] as const

/**
 * The texts of the interface. `common` comes with the first view; every other namespace is a file beside it that is loaded with its page
 * (`useTranslation('gallery')` loads `en/gallery.json`). A new language is a folder with the same files, and its name above.
 */
export async function setUpWords(): Promise<void> {
  await i18next
    .use({
      type: 'backend',
      read(language: string, namespace: string, done: (error: unknown, words: unknown) => void) {
        import(`./${language}/${namespace}.json`).then(
          (module: { default: unknown }) => done(null, module.default),
          (error: unknown) => done(error, true), // another try, a little later
        )
      },
    })
    .use(initReactI18next)
    .init({
      lng: LANGUAGES[0],
      fallbackLng: LANGUAGES[0],
      supportedLngs: LANGUAGES,
      ns: ['common'],
      defaultNS: 'common',
      partialBundledLanguages: true,
      resources: { en: { common } },
      interpolation: { escapeValue: false }, // React escapes
    })
}
