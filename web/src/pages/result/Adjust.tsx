import { useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import type { Square, Stretch, View } from '../../api/pictures'
import { Button } from '../../components/Button'
import { focusIfLost, useChange, useEscape } from '../../lib/focus'
import css from './Adjust.module.css'
import { fitting } from './crop'

interface CropProps {
  frame: Schemas['Frame']
  view: View
  draft: Square | undefined
  onDraft: (square: Square | undefined) => void
  onView: (view: View) => void
}

/** The frame: move it by hand, use it, go back to the one that was found. */
export function AdjustCrop({ frame, view, draft, onDraft, onView }: CropProps) {
  const { t } = useTranslation('result')
  const opener = useRef<HTMLButtonElement>(null)
  const tools = useRef<HTMLDivElement>(null)
  const open = draft !== undefined
  useEscape(open, () => onDraft(undefined))
  useChange(open, () => focusIfLost(open ? tools.current : opener.current))
  if (!draft) {
    return (
      // Another element than the tools, with another focus.
      <div key="closed" className={css.buttons}>
        <Button ref={opener} onClick={() => onDraft(fitting(frame, frame))}>
          {t('crop.adjust')}
        </Button>
        {view.crop && (
          <Button
            kind="plain"
            onClick={() => onView(view.stretch ? { stretch: view.stretch } : {})}
          >
            {t('crop.reset')}
          </Button>
        )}
      </div>
    )
  }
  const most = Math.max(frame.width, frame.height)
  const set = (change: Partial<Square>) => onDraft(fitting({ ...draft, ...change }, frame))
  const resized = (side: number) => {
    const shift = (draft.side - side) / 2
    set({ x: draft.x + shift, y: draft.y + shift, side })
  }
  return (
    <div key="tools" ref={tools} className={css.adjust} role="group" aria-label={t('crop.title')}>
      <p className={css.hint}>{t('crop.hint')}</p>
      <Range
        label={t('crop.size')}
        value={draft.side}
        range={[Math.min(16, most), most, 1]}
        onChange={resized}
      />
      <Range
        label={t('crop.x')}
        value={draft.x}
        range={[-most / 2, frame.width, 1]}
        onChange={(x) => set({ x })}
      />
      <Range
        label={t('crop.y')}
        value={draft.y}
        range={[-most / 2, frame.height, 1]}
        onChange={(y) => set({ y })}
      />
      <div className={css.buttons}>
        <Button
          kind="strong"
          onClick={() => {
            onDraft(undefined)
            onView({ ...view, crop: draft })
          }}
        >
          {t('crop.use')}
        </Button>
        <Button onClick={() => onDraft(undefined)}>{t('crop.cancel')}</Button>
      </div>
    </div>
  )
}

/** How the values of a FITS picture become brightness; picture and answer follow. */
export function AdjustStretch({
  display,
  view,
  onView,
}: {
  display: Schemas['Display']
  view: View
  onView: (view: View) => void
}) {
  const { t } = useTranslation('result')
  const given: Stretch = view.stretch ?? {
    low: display.low ?? 0,
    high: display.high ?? 1,
    softening: display.softening ?? 0.1,
  }
  const [draft, setDraft] = useState<Stretch | null>(null)
  const now = draft ?? given
  const use = () => {
    if (draft && !same(draft, given)) onView({ ...view, stretch: draft })
  }
  return (
    <div className={css.adjust} role="group" aria-label={t('stretch.title')}>
      <p className={css.hint}>{t('stretch.hint')}</p>
      <Range
        label={t('stretch.low')}
        value={now.low}
        range={[0, 1, 0.005]}
        onChange={(low) => setDraft({ ...now, low: Math.min(low, now.high - 0.01) })}
        onDone={use}
      />
      <Range
        label={t('stretch.high')}
        value={now.high}
        range={[0, 1, 0.005]}
        onChange={(high) => setDraft({ ...now, high: Math.max(high, now.low + 0.01) })}
        onDone={use}
      />
      <Range
        label={t('stretch.softening')}
        value={Math.log10(now.softening)}
        range={[-3, 1, 0.05]}
        shown={now.softening.toPrecision(2)}
        onChange={(power) => setDraft({ ...now, softening: 10 ** power })}
        onDone={use}
      />
      {view.stretch && (
        <div className={css.buttons}>
          <Button
            kind="plain"
            onClick={() => {
              setDraft(null)
              onView(view.crop ? { crop: view.crop } : {})
            }}
          >
            {t('stretch.reset')}
          </Button>
        </div>
      )}
    </div>
  )
}

function same(a: Stretch, b: Stretch): boolean {
  return a.low === b.low && a.high === b.high && a.softening === b.softening
}

interface RangeProps {
  label: string
  value: number
  /** Least, most, step. */
  range: readonly [number, number, number]
  shown?: string
  onChange: (value: number) => void
  /** The hand has left the slider: what is costly may follow. */
  onDone?: () => void
}

function Range({ label, value, range: [min, max, step], shown, onChange, onDone }: RangeProps) {
  const id = useId()
  const text = shown ?? (step < 1 ? value.toFixed(3) : String(Math.round(value)))
  return (
    <div className={css.range}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="range"
        {...{ min, max, step, value }}
        aria-valuetext={text}
        onChange={(event) => onChange(Number(event.target.value))}
        onPointerUp={onDone}
        onKeyUp={onDone}
        onBlur={onDone}
      />
      <output htmlFor={id}>{text}</output>
    </div>
  )
}
