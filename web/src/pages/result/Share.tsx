import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { exported, type Format } from '../../api/pictures'
import { useSession } from '../../api/session'
import { Button } from '../../components/Button'
import { Problem } from '../../components/Problem'
import { send } from '../../api/client'
import { useOnce } from '../../lib/once'
import type { Keeping } from './keeping'
import css from './Share.module.css'
import type { Subject } from './subject'

interface Props {
  subject: Subject
  sentence: string
  keeping: Keeping
}

/** An address to pass on, and files to take along. */
export function Share({ subject, sentence, keeping }: Props) {
  const { t } = useTranslation('result')
  const { kept } = keeping
  const mine = !kept || kept.owned
  return (
    <section className={css.share} aria-labelledby="share">
      <h2 id="share">{t('share.title')}</h2>
      {mine && <History keeping={keeping} />}
      {mine && <Address sentence={sentence} keeping={keeping} />}
      <Downloads subject={subject} keeping={keeping} />
    </section>
  )
}

/** For those with an account: whether it stands in their history, and how to put it there. */
function History({ keeping }: { keeping: Keeping }) {
  const { t } = useTranslation('result')
  const user = useSession()?.user
  const keep = useMutation({ mutationFn: () => keeping.ensure() })
  if (!user) return null
  return (
    <div className={css.block}>
      <p role="status" className={css.quiet}>
        {keeping.kept && (
          <>
            {t('share.kept')} <Link to="/history">{t('kept.history')}</Link>
          </>
        )}
      </p>
      {!keeping.kept && (
        <Button disabled={keep.isPending} onClick={() => keep.mutate()}>
          {t('share.keep')}
        </Button>
      )}
      {keep.error && <Problem error={keep.error} />}
    </div>
  )
}

const addressOf = (id: string) => `${window.location.origin}/r/${id}`

function Address({ sentence, keeping }: { sentence: string; keeping: Keeping }) {
  const { t } = useTranslation('result')
  const { kept } = keeping
  const sharing = useMutation({
    mutationFn: async () => {
      const { id } = await keeping.share(true)
      return passOn({ url: addressOf(id), text: sentence })
    },
  })
  const unsharing = useMutation({ mutationFn: () => keeping.share(false) })
  const share = useOnce(sharing.mutateAsync)
  const error = sharing.error ?? unsharing.error
  return (
    <div className={css.block}>
      {!kept?.shared && <p className={css.quiet}>{t('share.lead')}</p>}
      <div className={css.buttons}>
        <Button disabled={sharing.isPending} onClick={() => share()}>
          {t(sharing.isPending ? 'share.busy' : kept?.shared ? 'share.again' : 'share.share')}
        </Button>
        {kept?.shared && (
          <Button kind="plain" disabled={unsharing.isPending} onClick={() => unsharing.mutate()}>
            {t('share.stop')}
          </Button>
        )}
      </div>
      {kept?.shared && (
        <p>
          <a href={addressOf(kept.id)}>{addressOf(kept.id)}</a>
        </p>
      )}
      <p role="status" className={css.quiet}>
        {sharing.isSuccess &&
          kept?.shared &&
          t(sharing.data === 'copied' ? 'share.copied' : 'share.here')}
        {unsharing.isSuccess && !kept?.shared && t('share.stopped')}
      </p>
      {error && <Problem error={error} />}
    </div>
  )
}

/** Through the device's own sheet where it has one for fingers; else to the clipboard, where that is allowed. */
async function passOn(what: { url: string; text: string }): Promise<'sheet' | 'copied' | 'shown'> {
  try {
    if ('share' in navigator && window.matchMedia('(pointer: coarse)').matches) {
      await navigator.share(what)
      return 'sheet'
    }
    await navigator.clipboard.writeText(what.url)
    return 'copied'
  } catch {
    // Refused, or a page without HTTPS: the address stands on the page.
    return 'shown'
  }
}

const FORMATS: readonly Format[] = ['png', 'json', 'csv', 'fits']

function Downloads({ subject, keeping: { kept } }: { subject: Subject; keeping: Keeping }) {
  const { t } = useTranslation('result')
  const download = useMutation({
    mutationFn: async (format: Format) => {
      if (kept) {
        const path = `/api/v1/results/${encodeURIComponent(kept.id)}/download?format=${format}`
        saveAs(await (await send(path)).blob(), fileName(subject.name, format))
        return
      }
      const { parcel, view } = await subject.given()
      saveAs(await exported(parcel, { view, format }), fileName(subject.name, format))
    },
  })
  return (
    <div className={css.block}>
      <p className={css.quiet}>{t('download.lead')}</p>
      <div className={css.buttons}>
        {FORMATS.map((format) => (
          <Button
            key={format}
            disabled={download.isPending}
            onClick={() => download.mutate(format)}
          >
            {t(`download.${format}`)}
          </Button>
        ))}
      </div>
      {download.error && <Problem error={download.error} />}
    </div>
  )
}

function fileName(name: string, format: Format): string {
  return `${name.replace(/\.[^.]+$/, '') || 'galaxy'}-skyform.${format}`
}

function saveAs(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The download has its own hold of it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
