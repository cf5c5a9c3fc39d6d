import css from './Drawing.module.css'
import { type Band, type Layout, outline } from './layout'

// The soft edge of a band: that many layers from the interval's upper to its lower end.
const LAYERS = 8

/** The drawing itself; the words and what one can do lie over it. */
export function Bands({
  layout,
  upright,
  size,
  selected,
}: {
  layout: Layout
  upright: boolean
  size: { width: number; height: number }
  selected: string
}) {
  const shift = upright ? 'translate(0 20)' : undefined
  // The quiet ones first, so that the likely path lies on top.
  const ordered = [...layout.bands].sort(
    (a, b) => Number(a.branch.likely) - Number(b.branch.likely),
  )
  return (
    <svg
      className={css.bands}
      {...size}
      viewBox={`0 0 ${size.width} ${size.height}`}
      aria-hidden="true"
    >
      <g transform={shift}>
        {ordered.map((band) => (
          <g
            key={band.branch.id}
            className={css.band}
            data-likely={band.branch.likely}
            data-selected={band.branch.id === selected}
          >
            {softened(band).map((thick, i) => (
              <path key={i} d={outline(band, { size: thick, upright })} />
            ))}
          </g>
        ))}
        {layout.nodes.map(({ step, u, v, size: length }) => (
          <rect
            key={step.question}
            className={css.node}
            data-main={step.main}
            {...(upright
              ? { x: v - length / 2, y: u - 2, width: length, height: 4 }
              : { x: u - 2, y: v - length / 2, width: 4, height: length })}
            rx="2"
          />
        ))}
      </g>
    </svg>
  )
}

/** Thicknesses of a band's layers in its straight stretch. */
function softened({ branch, stations, slot }: Band): number[] {
  const size = stations[1]?.size ?? 0
  const one = branch.fraction > 0 ? size / branch.fraction : 0
  const most = Math.max(size, Math.min(branch.high * one, slot.soft + 8))
  return Array.from({ length: LAYERS }, (_, i) => {
    const thick = most + (i / (LAYERS - 1)) * (Math.min(branch.low, branch.fraction) * one - most)
    return Math.max(0.75, thick)
  })
}
