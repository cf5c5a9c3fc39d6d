import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { Button } from '../../components/Button'
import { Credit } from '../../components/Credit'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { useDraw } from './draw'
import css from './One.module.css'
import { Verdict } from './Verdict'

/** The button that shows a random galaxy, large, with what people and the model say of it. */
export function One() {
  const { t } = useTranslation('gallery')
  const { exhibit, error, next, retry } = useDraw()
  if (error && !exhibit) return <Problem error={error} retry={retry} />
  return (
    <section className={css.one} aria-label={t('one.label')}>
      <div className={css.button}>
        <Button kind="strong" onClick={next}>
          {exhibit ? t('one.next') : t('one.first')}
        </Button>
      </div>
      <div className={css.picture}>
        {exhibit ? (
          <img
            key={exhibit.id}
            src={exhibit.picture}
            alt={exhibit.title}
            width="512"
            height="512"
          />
        ) : (
          <Skeleton height="100%" />
        )}
      </div>
      <div className={css.words} aria-live="polite">
        {exhibit ? (
          <>
            <Verdict exhibit={exhibit} />
            <p className={css.sentence}>{exhibit.sentence}</p>
            <p>
              <Link to={`/gallery/${exhibit.id}`}>{t('one.whole')}</Link>
            </p>
            <Credit credit={exhibit.credit} licence={exhibit.licence} />
          </>
        ) : (
          <Waiting />
        )}
        {error ? <Problem error={error} retry={retry} /> : null}
      </div>
    </section>
  )
}

function Waiting() {
  return (
    <>
      <Skeleton width="60%" height="3.5rem" />
      <Skeleton width="75%" height="5rem" />
      <Skeleton width="40%" height="1.5rem" />
    </>
  )
}
