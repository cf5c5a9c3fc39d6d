import { Skeleton } from '../../components/Skeleton'
import css from './Example.module.css'

/** The example's place. */
export function ExampleSkeleton() {
  return (
    <div className={css.example}>
      <Skeleton width="10rem" height="2rem" />
      <div className={css.top}>
        <Skeleton height="20rem" />
        <div className={css.words}>
          <Skeleton height="4rem" />
          <Skeleton width="50%" height="1.5rem" />
        </div>
      </div>
      <Skeleton height="20rem" />
    </div>
  )
}
