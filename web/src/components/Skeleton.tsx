import { useTranslation } from 'react-i18next'
import css from './Skeleton.module.css'

/** A quiet block in the place of what is coming. Give it the size of the real thing. */
export function Skeleton({ width = '100%', height }: { width?: string; height: string }) {
  return <span className={css.block} style={{ width, height }} aria-hidden="true" />
}

/** A page that is on its way. */
export function PageSkeleton() {
  const { t } = useTranslation()
  return (
    <div className={css.page} role="status">
      <span className="sr-only">{t('loading')}</span>
      <Skeleton width="40%" height="2.5rem" />
      <Skeleton height="1.25rem" />
      <Skeleton width="80%" height="1.25rem" />
      <Skeleton height="16rem" />
    </div>
  )
}
