import type { useTranslation } from 'react-i18next'

type T = ReturnType<typeof useTranslation<'result'>>['t']

/** A kind of object in words; one that this page does not know is told by its id. */
export function kindName(t: T, kind: string): string {
  switch (kind) {
    case 'galaxy':
      return t('kinds.galaxy')
    case 'cluster':
      return t('kinds.cluster')
    case 'nebula':
      return t('kinds.nebula')
    case 'lens':
      return t('kinds.lens')
    case 'none':
      return t('kinds.none')
    default:
      return kind
  }
}
