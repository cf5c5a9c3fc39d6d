import { useEffect, useRef } from 'react'
import { evidencePixels } from './cividis'

const SIDE = 192

/** The evidence as a picture, to be laid over the frame. */
export function EvidenceMap({
  rows,
  className,
}: {
  rows: number[][]
  className?: string | undefined
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    context?.putImageData(new ImageData(evidencePixels(rows, SIDE), SIDE, SIDE), 0, 0)
  }, [rows])
  return <canvas ref={canvas} className={className} width={SIDE} height={SIDE} aria-hidden="true" />
}
