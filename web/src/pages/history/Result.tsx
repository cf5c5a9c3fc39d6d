import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { Schemas } from '../../api/client'
import { Button } from '../../components/Button'
import { day } from '../../lib/dates'
import { Remove, Rename, Share } from './Dialogs'
import css from './Result.module.css'

/** One kept picture: what it shows, and what can be done with it. */
export function Result({ result }: { result: Schemas['ResultSummary'] }) {
  const { t } = useTranslation('history')
  const [open, setOpen] = useState<'rename' | 'share' | 'remove' | ''>('')
  const close = () => setOpen('')
  const { id, title, sentence, shared, created_at, thumbnail } = result
  return (
    <li className={css.result}>
      <Link className={css.link} to={`/r/${id}`}>
        <img src={thumbnail} alt="" width="256" height="256" loading="lazy" decoding="async" />
        <span className={css.words}>
          <strong>{sentence}</strong>
          <span className={css.title}>{title}</span>
          <span className={css.title}>
            {day(created_at)}
            {shared && <em> · {t('shared')}</em>}
          </span>
        </span>
      </Link>
      <div className={css.actions}>
        <Button
          kind="plain"
          aria-label={t('renameOf', { title })}
          onClick={() => setOpen('rename')}
        >
          {t('rename')}
        </Button>
        <Button kind="plain" aria-label={t('shareOf', { title })} onClick={() => setOpen('share')}>
          {t('share')}
        </Button>
        <Button
          kind="plain"
          aria-label={t('removeOf', { title })}
          onClick={() => setOpen('remove')}
        >
          {t('remove')}
        </Button>
      </div>
      {open === 'rename' && <Rename result={result} onClose={close} />}
      {open === 'share' && <Share result={result} onClose={close} />}
      {open === 'remove' && <Remove result={result} onClose={close} />}
    </li>
  )
}
