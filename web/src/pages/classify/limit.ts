import { useTranslation } from 'react-i18next'
import { useModels } from '../../api/models'
import type { Picture } from '../../lib/hand'
import { bytes } from '../../lib/numbers'

/** What the server takes, and what to say to one who gives more: it saves the sending. */
export interface Limit {
  bytes: number
  message: string
  remedy: string
}

/** The limit for a picture; undefined until the server has said it. */
export function useLimit(): (picture: Picture) => Limit | undefined {
  const { t } = useTranslation('classify')
  const most = useModels().data?.limits.max_upload_bytes
  return ({ name, file }) => {
    if (most === undefined) return undefined
    const given = { name, size: bytes(file.size), limit: bytes(most) }
    return { bytes: most, message: t('tooLarge', given), remedy: t('tooLargeRemedy') }
  }
}
