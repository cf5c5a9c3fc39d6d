import { useTranslation } from 'react-i18next'
import type { GuidePage } from '../../api/guide'
import css from './Members.module.css'

/** Famous members, with where they stand in the sky and how far away they are. */
export function Members({ members }: { members: GuidePage['members'] }) {
  const { t } = useTranslation('learn')
  if (members.length === 0) return null
  return (
    <section>
      <h2>{t(members.length === 3 ? 'page.members' : 'page.membersOther')}</h2>
      <ul className={css.members}>
        {members.map(({ name, constellation, distance, note }) => (
          <li key={name}>
            <h3>{name}</h3>
            <p className={css.where}>
              {constellation} · {distance}
            </p>
            <p>{note}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}
