import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useGuidePage } from '../../api/guide'
import { Skeleton } from '../../components/Skeleton'
import css from './Lesson.module.css'

/** What there is to know about this type, and the way to more. */
export function Lesson({ id }: { id: string }) {
  const { t } = useTranslation('result')
  const { data: page, isPending } = useGuidePage(id)
  if (isPending) return <Skeleton height="8rem" />
  if (!page) return null
  return (
    <section className={css.lesson}>
      <h2>{page.title}</h2>
      <div className={css.text}>
        <p>{page.summary}</p>
        {/* Made from the guide's own Markdown by the server. */}
        <div dangerouslySetInnerHTML={{ __html: page.sees_html }} />
      </div>
      <p>
        <Link to={`/learn/${id}`}>{t('lesson.more', { title: page.title })}</Link>
      </p>
    </section>
  )
}
