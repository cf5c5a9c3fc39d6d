import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import type { Square } from '../../api/pictures'
import { CropBox } from './CropBox'
import { EvidenceMap } from './EvidenceMap'
import { part } from './crop'
import css from './Stage.module.css'

interface Props {
  /** Empty while the browser has nothing to show. */
  picture: string
  alt: string
  frame: Schemas['Frame'] | null
  evidence: number[][] | undefined
  /** How much of the evidence shows, from 0 to 1. */
  opacity: number
  /** The frame that is being moved by hand. */
  draft?: Square | undefined
  onDraft?: (square: Square) => void
  /** The browser cannot show this picture. */
  onUnshowable?: () => void
  caption?: ReactNode
}

/** The picture, with the frame that was found in it and the evidence over that. */
export function Stage(props: Props) {
  const { picture, alt, frame, evidence, opacity, draft, onDraft, onUnshowable, caption } = props
  const { t } = useTranslation('result')
  const [natural, setNatural] = useState({ width: 1, height: 1 })
  const size = frame ?? natural
  return (
    <figure className={css.figure}>
      <div className={css.stage} style={{ '--ratio': size.width / size.height }}>
        {picture ? (
          <img
            src={picture}
            alt={alt}
            onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) =>
              setNatural({ width, height })
            }
            onError={onUnshowable}
          />
        ) : (
          <p className={css.none}>{t('picture.none')}</p>
        )}
        {frame && evidence && opacity > 0 && (
          <div className={css.over} style={{ ...place(frame), opacity }}>
            <EvidenceMap rows={evidence} className={css.map} />
          </div>
        )}
        {frame && !draft && !isWhole(frame) && <Corners frame={frame} />}
        {draft && onDraft && <CropBox square={draft} size={size} onChange={onDraft} />}
      </div>
      {caption && <figcaption className={css.caption}>{caption}</figcaption>}
    </figure>
  )
}

/** Whether the frame is as good as the whole picture. */
export function isWhole({ side, width, height }: Schemas['Frame']): boolean {
  return side >= 0.98 * Math.max(width, height)
}

function place({ x, y, side, width, height }: Schemas['Frame']) {
  return {
    left: part(x, width),
    top: part(y, height),
    width: part(side, width),
    height: part(side, height),
  }
}

/** Corner marks, like those of a viewfinder; a dark line under a light one reads on any picture. */
function Corners({ frame: { x, y, side, width, height } }: { frame: Schemas['Frame'] }) {
  const [right, below, arm] = [x + side, y + side, side * 0.12]
  const d =
    `M${x} ${y + arm}V${y}H${x + arm}M${right - arm} ${y}H${right}V${y + arm}` +
    `M${right} ${below - arm}V${below}H${right - arm}M${x + arm} ${below}H${x}V${below - arm}`
  return (
    <svg
      className={css.corners}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={d} className={css.under} />
      <path d={d} className={css.above} />
    </svg>
  )
}
