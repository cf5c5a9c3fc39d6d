import type { Mark } from '../lib/sketch'

/** A small drawing of a shape. It always stands beside words, and so says nothing to a screen reader. */
export function Sketch({ marks, className }: { marks: Mark[]; className?: string | undefined }) {
  return (
    <svg className={className} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      {marks.map(({ d, light }, at) => (
        <path key={at} d={d} fill="currentColor" fillRule="evenodd" opacity={light} />
      ))}
    </svg>
  )
}
