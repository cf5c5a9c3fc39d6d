import type { useTranslation } from 'react-i18next'

type T = ReturnType<typeof useTranslation<'result'>>['t']

/** A question in a word or two, for the drawing; one that this page does not know is told by its id. */
export function questionName(t: T, id: string): string {
  switch (id) {
    case 'smooth-or-features':
      return t('questions.smoothOrFeatures')
    case 'edge-on':
      return t('questions.edgeOn')
    case 'bar':
      return t('questions.bar')
    case 'spiral':
      return t('questions.spiral')
    case 'bulge':
      return t('questions.bulge')
    case 'odd':
      return t('questions.odd')
    case 'roundness':
      return t('questions.roundness')
    case 'odd-feature':
      return t('questions.oddFeature')
    case 'edge-on-bulge':
      return t('questions.edgeOnBulge')
    case 'arm-winding':
      return t('questions.armWinding')
    case 'arm-number':
      return t('questions.armNumber')
    default:
      return id.replaceAll('-', ' ')
  }
}
