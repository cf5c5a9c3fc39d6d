import type { Schemas } from '../../api/client'
import { part } from './crop'
import css from './Cutout.module.css'
import { EvidenceMap } from './EvidenceMap'

interface Props {
  picture: string
  frame: Schemas['Frame']
  evidence: number[][] | undefined
  waiting: boolean
  caption: string
}

/** What the network saw: the frame cut out of the picture, under the evidence. */
export function Cutout({ picture, frame, evidence, waiting, caption }: Props) {
  const { x, y, side, width, height } = frame
  return (
    <figure className={css.cutout} data-waiting={waiting}>
      <div className={css.window}>
        {picture && (
          <img
            src={picture}
            alt=""
            style={{
              width: part(width, side),
              height: part(height, side),
              left: part(-x, side),
              top: part(-y, side),
            }}
          />
        )}
        {evidence && <EvidenceMap rows={evidence} className={css.map} />}
      </div>
      <figcaption>{caption}</figcaption>
    </figure>
  )
}
