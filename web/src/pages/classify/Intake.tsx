import {
  type ChangeEvent,
  type RefObject,
  type SyntheticEvent,
  useId,
  useRef,
  useState,
} from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../components/Button'
import { Problem } from '../../components/Problem'
import { Drops } from './Drops'
import css from './Intake.module.css'
import { asGiven, isAddress, useTaking } from './taking'

/** Every way in for a picture: drop, paste, choose, photograph, an address. With a title it is a smaller one, below an answer. */
export function Intake({ title }: { title?: string }) {
  const { t } = useTranslation()
  const { take, job, address } = useTaking()
  const [nothing, setNothing] = useState(false)
  const [url, setUrl] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const onFiles = (files: File[]) => {
    setNothing(files.length === 0)
    take(files.map(asGiven))
  }
  const onAddress = (given: string) => {
    setNothing(false)
    setUrl(given)
    field.current?.focus()
  }
  const error = job.error ?? address.error
  return (
    <section className={css.intake} aria-label={t('intake.label')}>
      <Drops onFiles={onFiles} onAddress={onAddress} />
      {title && <h2>{title}</h2>}
      <div className={css.zone} data-small={title !== undefined}>
        <p className={css.drop}>{t('intake.drop')}</p>
        <div className={css.buttons}>
          <Picker kind="strong" label={t('intake.choose')} onFiles={onFiles} />
          <Picker camera label={t('intake.photo')} onFiles={onFiles} />
        </div>
        <p className={css.hint}>{t('intake.hint')}</p>
        <Address
          field={field}
          url={url}
          busy={address.isPending}
          onUrl={setUrl}
          onAddress={(given) => address.mutate(given)}
        />
      </div>
      <div role="status">
        {job.isPending && <p>{t('intake.sending', { count: job.variables.length })}</p>}
        {nothing && <p>{t('intake.nothing')}</p>}
      </div>
      {error && <Problem error={error} />}
    </section>
  )
}

function Picker({
  label,
  kind = 'normal',
  camera = false,
  onFiles,
}: {
  label: string
  kind?: 'strong' | 'normal'
  camera?: boolean
  onFiles: (files: File[]) => void
}) {
  const input = useRef<HTMLInputElement>(null)
  const onChange = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    onFiles([...(currentTarget.files ?? [])])
    // So that the same file can be chosen again.
    currentTarget.value = ''
  }
  return (
    <>
      <Button
        kind={kind}
        className={camera ? (css.camera ?? '') : ''}
        onClick={() => input.current?.click()}
      >
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        onChange={onChange}
        {...(camera
          ? { accept: 'image/*', capture: 'environment' as const }
          : { multiple: true, accept: 'image/*,.fits,.fit,.fts,.fz,.tif,.tiff,.zip' })}
      />
    </>
  )
}

interface AddressProps {
  field: RefObject<HTMLInputElement | null>
  /** What stands in the field. */
  url: string
  busy: boolean
  onUrl: (url: string) => void
  onAddress: (url: string) => void
}

function Address({ field, url, busy, onUrl, onAddress }: AddressProps) {
  const { t } = useTranslation()
  const id = useId()
  const [wrong, setWrong] = useState(false)
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault()
    const given = url.trim()
    const usable = isAddress(given)
    setWrong(!usable)
    if (usable) onAddress(given)
  }
  return (
    <form className={css.address} onSubmit={onSubmit} noValidate>
      <label htmlFor={id}>{t('intake.address')}</label>
      <div className={css.field}>
        <input
          ref={field}
          id={id}
          type="url"
          inputMode="url"
          placeholder="https://"
          value={url}
          aria-invalid={wrong}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
          onChange={(event) => onUrl(event.target.value)}
        />
        <Button type="submit" disabled={busy}>
          {t(busy ? 'intake.addressBusy' : 'intake.addressGo')}
        </Button>
      </div>
      {wrong && (
        <p id={`${id}-wrong`} role="alert" className={css.wrong}>
          {t('intake.addressRemedy')}
        </p>
      )}
    </form>
  )
}
