import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { api, unwrap } from '../../api/client'
import { ButtonLink } from '../../components/Button'
import { Skeleton } from '../../components/Skeleton'
import css from './Mistakes.module.css'
import { Section } from './Section'

const SHOWN = 6

/** A few galaxies that the model and people name differently; the gallery has them all. */
export function Mistakes() {
  const { t } = useTranslation('models')
  const { data, isError } = useQuery({
    queryKey: ['gallery', 'worst'],
    queryFn: () =>
      unwrap(
        api.GET('/api/v1/gallery', {
          params: { query: { mistakes: true, order: 'mistakes', limit: SHOWN } },
        }),
      ),
  })
  // The page is about the model; without the gallery it lacks its examples only.
  if (isError) return null
  return (
    <Section
      id="mistakes"
      title={t('mistakes.title')}
      text={data?.items.length === 0 ? t('mistakes.none') : t('mistakes.text')}
    >
      <ul className={css.mistakes}>
        {!data &&
          Array.from({ length: SHOWN }, (_, at) => (
            <li key={at}>
              <Skeleton height="14rem" />
            </li>
          ))}
        {data?.items.map(({ id, thumbnail, truth_text, predicted, sentence }) => (
          <li key={id}>
            <Link to={`/gallery/${id}`}>
              <img src={thumbnail} alt="" loading="lazy" />
              <span>{t('mistakes.truth', { text: truth_text })}</span>
              <span className={css.quiet}>
                {t('mistakes.said', { text: predicted?.name ?? sentence })}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <p>
        <ButtonLink to="/gallery?mistakes=yes&sort=mistakes">{t('mistakes.all')}</ButtonLink>
      </p>
    </Section>
  )
}
