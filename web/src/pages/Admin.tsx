import { useTranslation } from 'react-i18next'
import { Gate } from '../components/Gate'
import { Page } from '../components/Page'
import { Audit } from './admin/Audit'
import { Overview } from './admin/Overview'
import { Users } from './admin/Users'

/** For administrators: the server in numbers, its accounts, what was done. */
export default function Admin() {
  const { t } = useTranslation('admin')
  return (
    <Gate title={t('title')} least="admin">
      {(user) => (
        <Page title={t('title')}>
          <Overview />
          <Users me={user.id} />
          <Audit />
        </Page>
      )}
    </Gate>
  )
}
