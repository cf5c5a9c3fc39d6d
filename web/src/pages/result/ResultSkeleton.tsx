import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Skeleton } from '../../components/Skeleton'
import css from './ResultView.module.css'
import { Stage } from './Stage'

/** The result page before its answer is there: the picture at once, and the places of the rest. Children stand above the answer's place. */
export function ResultSkeleton({
  picture,
  name,
  refused = false,
  onUnshowable,
  children,
}: {
  picture: string
  /** There will be no answer: the children say why. Without a picture there is nothing beside them. */
  refused?: boolean
  name: string
  onUnshowable?: () => void
  children?: ReactNode
}) {
  const { t } = useTranslation('result')
  return (
    <div className={css.result}>
      <h1 className="sr-only">{name}</h1>
      <div className={css.top}>
        {picture ? (
          <Stage
            picture={picture}
            alt={t('picture.alt', { name })}
            frame={null}
            evidence={undefined}
            opacity={0}
            caption={name}
            {...(onUnshowable && { onUnshowable })}
          />
        ) : (
          !refused && <Skeleton height="min(58vh, 100vw)" />
        )}
        <div className={css.words}>
          {children}
          {!refused && (
            <>
              <Skeleton height="2.5rem" />
              <Skeleton width="70%" height="2.5rem" />
              <Skeleton width="40%" height="1.5rem" />
              <Skeleton height="2.75rem" />
              <Skeleton height="9rem" />
            </>
          )}
        </div>
      </div>
    </div>
  )
}
