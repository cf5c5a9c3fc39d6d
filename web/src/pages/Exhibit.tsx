import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import type { Schemas } from '../api/client'
import { useGuide } from '../api/guide'
import { useModels } from '../api/models'
import { Actions } from '../components/Actions'
import { ButtonLink } from '../components/Button'
import { Credit } from '../components/Credit'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { Skeleton } from '../components/Skeleton'
import { pageFor } from '../lib/guide'
import css from './Exhibit.module.css'
import { exhibitQuery } from './gallery/draw'
import { Verdict } from './gallery/Verdict'
import { LookAlikes } from './result/LookAlikes'
import { Path } from './result/path/Path'
import { Schemes } from './result/Schemes'

/** One exhibit with everything that the model says of it. */
export default function Exhibit() {
  const { t } = useTranslation('gallery')
  const { id = '' } = useParams()
  const { data: exhibit, error, refetch } = useQuery(exhibitQuery(id))
  if (error) {
    return (
      <Page title={t('title')}>
        <Problem error={error} retry={() => void refetch()} />
        <p>
          <Link to="/gallery">{t('exhibit.back')}</Link>
        </p>
      </Page>
    )
  }
  if (!exhibit) return <Waiting />
  return (
    <Page title={exhibit.title} bare>
      <Head exhibit={exhibit} />
      <Statement exhibit={exhibit} />
    </Page>
  )
}

/** The picture, the sentence, and who says what. */
function Head({ exhibit }: { exhibit: Schemas['ExhibitDetail'] }) {
  const { t } = useTranslation('gallery')
  const { truth } = exhibit
  return (
    <div className={css.head}>
      <figure className={css.figure}>
        <img src={exhibit.picture} alt={exhibit.title} width="512" height="512" />
        <figcaption>
          <Credit credit={exhibit.credit} licence={exhibit.licence} />
        </figcaption>
      </figure>
      <div className={css.words}>
        <p className={css.title}>{exhibit.title}</p>
        <h1>{exhibit.sentence}</h1>
        <Verdict exhibit={exhibit} />
        <Lesson truth={truth} />
        <Actions>
          <ButtonLink to="/gallery">{t('exhibit.back')}</ButtonLink>
          {truth && (
            <Link
              className={css.link}
              to={`/gallery?class=${encodeURIComponent(`${truth.taxonomy}:${truth.id}`)}`}
            >
              {t('exhibit.same')}
            </Link>
          )}
        </Actions>
      </div>
    </div>
  )
}

/** The page of the guide about the true class, where there is one. */
function Lesson({ truth }: { truth: Schemas['NamedClass'] | null }) {
  const { t } = useTranslation('gallery')
  const { data } = useGuide()
  if (!truth || !data) return null
  const { taxonomy, id } = truth
  const page = pageFor(data.entries, {
    class: `${taxonomy}:${id}`,
    answer: `${taxonomy}.${id}`,
    ...(taxonomy === 'kind' && { kind: id }),
  })
  if (!page) return null
  return (
    <p>
      <Link className={css.link} to={`/learn/${page.id}`}>
        {t('exhibit.learn', { title: page.title })}
      </Link>
    </p>
  )
}

/** Everything else that the model says: flags, the path, other schemes, look-alikes. */
function Statement({ exhibit }: { exhibit: Schemas['ExhibitDetail'] }) {
  const { t } = useTranslation('gallery')
  const model = useModels().data?.models[0]
  const likes = exhibit.classification.look_alikes ?? []
  const { classification: said } = exhibit
  // Where the picture shows no galaxy, nobody would be asked about its arms.
  const walked = (said.kind?.id ?? 'galaxy') === 'galaxy' && said.answers.length > 0
  return (
    <>
      {said.flags.length > 0 && (
        <section className={css.part} aria-labelledby="flags">
          <h2 id="flags">{t('exhibit.flags')}</h2>
          <ul className={css.flags}>
            {said.flags.map((flag) => (
              <li key={flag.code}>{flag.text}</li>
            ))}
          </ul>
        </section>
      )}
      {model?.tree && walked && (
        <section className={css.part} aria-labelledby="path">
          <h2 id="path">{t('exhibit.path')}</h2>
          <Path tree={model.tree} answer={said} />
        </section>
      )}
      {model && (
        <div className={css.part}>
          <h2>{t('exhibit.schemes')}</h2>
          <Schemes answer={said} taxonomies={model.taxonomies} />
        </div>
      )}
      {likes.length > 0 && (
        <section className={css.part} aria-labelledby="likes">
          <h2 id="likes">{t('exhibit.likes')}</h2>
          <p className={css.quiet}>{t('exhibit.likesText')}</p>
          <LookAlikes galaxies={likes} />
        </section>
      )}
      <p className={css.quiet}>
        {t('exhibit.from', { survey: exhibit.survey, model: said.model })}
      </p>
    </>
  )
}

function Waiting() {
  const { t } = useTranslation()
  return (
    <div className={css.head} role="status">
      <span className="sr-only">{t('loading')}</span>
      <div className={css.figure}>
        <div className={css.square}>
          <Skeleton height="100%" />
        </div>
      </div>
      <div className={css.words} aria-hidden="true">
        <Skeleton width="40%" height="1.25rem" />
        <Skeleton height="4rem" />
        <Skeleton width="60%" height="3rem" />
        <Skeleton width="60%" height="5rem" />
      </div>
    </div>
  )
}
