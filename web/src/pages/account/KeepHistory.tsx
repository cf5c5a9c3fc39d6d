import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { Switch } from '../../components/Field'
import { Problem } from '../../components/Problem'
import { useAccountChange } from './change'
import css from './forms.module.css'
import { Part } from './Part'

/** Whether what one classifies is kept. */
export function KeepHistory({ user }: { user: Schemas['User'] }) {
  const { t } = useTranslation('account')
  const change = useAccountChange()
  return (
    <Part title={t('history.title')}>
      <Switch
        label={t('history.keep')}
        hint={t('history.hint')}
        checked={change.isPending ? change.variables.keep_history === true : user.keep_history}
        onChange={(event) => change.mutate({ keep_history: event.target.checked })}
      />
      {change.isError && <Problem error={change.error} />}
      <p role="status" className={css.saved}>
        {change.isSuccess && t('saved')}
      </p>
    </Part>
  )
}
