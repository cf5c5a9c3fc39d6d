import { useTranslation } from 'react-i18next'
import { Skeleton } from '../../components/Skeleton'
import css from '../LearnPage.module.css'

/** A page of the guide that is on its way. */
export function LessonSkeleton() {
  const { t } = useTranslation()
  return (
    <div className={css.lesson} role="status">
      <div className={css.head}>
        <span className="sr-only">{t('loading')}</span>
        <Skeleton width="60%" height="3rem" />
        <Skeleton width="90%" height="1.5rem" />
      </div>
      <div className={css.waiting}>
        <Skeleton height="100%" />
      </div>
      <div className={css.text}>
        {[10, 14, 8].map((rem) => (
          <Skeleton key={rem} height={`${rem}rem`} />
        ))}
      </div>
    </div>
  )
}
