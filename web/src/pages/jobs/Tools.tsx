import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { api, type Schemas, unwrap } from '../../api/client'
import { Actions } from '../../components/Actions'
import { Button, ButtonAnchor } from '../../components/Button'
import { Confirm } from '../../components/Confirm'
import css from './Tools.module.css'

const FORMATS = ['csv', 'fits', 'parquet', 'votable', 'json'] as const

/** Download, stop, delete. */
export function Tools({ job }: { job: Schemas['Job'] }) {
  const { t } = useTranslation('jobs')
  const [asked, setAsked] = useState(false)
  const busy = job.status === 'queued' || job.status === 'running'
  return (
    <div className={css.tools}>
      {!busy && job.done > 0 && (
        <div role="group" aria-labelledby="download" className={css.download}>
          <h2 id="download">{t('download')}</h2>
          <Actions>
            {FORMATS.map((format, at) => (
              <ButtonAnchor
                key={format}
                kind={at === 0 ? 'strong' : 'normal'}
                href={`/api/v1/jobs/${job.id}/download?format=${format}`}
                download
              >
                {t(`formats.${format}`)}
              </ButtonAnchor>
            ))}
          </Actions>
        </div>
      )}
      <Button onClick={() => setAsked(true)}>{t(busy ? 'stop' : 'delete')}</Button>
      {asked && <Delete job={job} busy={busy} onClose={() => setAsked(false)} />}
    </div>
  )
}

function Delete({
  job,
  busy,
  onClose,
}: {
  job: Schemas['Job']
  busy: boolean
  onClose: () => void
}) {
  const { t } = useTranslation('jobs')
  const queries = useQueryClient()
  const go = useNavigate()
  const remove = useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/jobs/{id}', { params: { path: { id: job.id } } })),
    onSuccess: async () => {
      await go('/history')
      queries.removeQueries({ queryKey: ['job', job.id] })
      await queries.invalidateQueries({ queryKey: ['jobs'] })
    },
  })
  return (
    <Confirm
      title={t(busy ? 'stopTitle' : 'deleteTitle')}
      action={t(busy ? 'stop' : 'delete')}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>{t('deleteText')}</p>
    </Confirm>
  )
}
