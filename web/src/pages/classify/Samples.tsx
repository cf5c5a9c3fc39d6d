import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { api, unwrap } from '../../api/client'
import { Skeleton } from '../../components/Skeleton'
import css from './Samples.module.css'

/** The pictures to try. */
export function useSamples() {
  return useQuery({
    queryKey: ['samples'],
    queryFn: () => unwrap(api.GET('/api/v1/samples')),
    staleTime: Infinity,
  })
}

/** Pictures to try, each with its credit. */
export function Samples() {
  const { t } = useTranslation(['common', 'classify'])
  const { data, isPending } = useSamples()
  if (!isPending && !data?.samples.length) return null
  return (
    <section className={css.samples} aria-labelledby="samples">
      <h2 id="samples">{t('intake.samples')}</h2>
      <ul className={css.row}>
        {isPending &&
          Array.from({ length: 8 }, (_, i) => (
            <li key={i}>
              <Skeleton height="10rem" />
            </li>
          ))}
        {data?.samples.map(({ file, title, url, credit, licence }) => (
          <li key={file}>
            <Link to={`/classify?sample=${encodeURIComponent(file)}`}>
              <img src={`/${url}`} alt="" loading="lazy" width="160" height="160" />
              {title}
            </Link>
            <p className={css.credit}>{t('credit', { credit, licence })}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}
