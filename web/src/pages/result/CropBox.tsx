import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Square } from '../../api/pictures'
import css from './CropBox.module.css'
import { centredAt, type Corner, moved, part, type Point, pulled, scaled, type Size } from './crop'

interface Props {
  square: Square
  size: Size
  onChange: (square: Square) => void
}

const CORNERS: readonly Corner[] = ['nw', 'ne', 'sw', 'se']

type Grip = Corner | 'move'

/** The frame to be moved by hand over the picture: by dragging, pinching, a tap, or the arrow keys. */
export function CropBox({ square, size, onChange }: Props) {
  const { t } = useTranslation('result')
  const { area, ...pointers } = useGrip({ square, size, onChange })
  const onKeyDown = (event: KeyboardEvent) => {
    const next = byKey(event, square, size)
    if (!next) return
    event.preventDefault()
    onChange(next)
  }
  const { x, y, side } = square
  return (
    <div ref={area} className={css.area} {...pointers}>
      <button
        type="button"
        className={css.box}
        data-grip="move"
        aria-label={t('crop.box', { x: Math.round(x), y: Math.round(y), side: Math.round(side) })}
        style={{
          left: part(x, size.width),
          top: part(y, size.height),
          width: part(side, size.width),
          height: part(side, size.height),
        }}
        onKeyDown={onKeyDown}
      >
        {CORNERS.map((corner) => (
          <span key={corner} className={css.corner} data-grip={corner} />
        ))}
      </button>
    </div>
  )
}

/** Dragging, pinching and tapping: one finger moves the frame or pulls a corner, two change its size. */
function useGrip({ square, size, onChange }: Props) {
  const area = useRef<HTMLDivElement>(null)
  const [grip, setGrip] = useState<Grip | null>(null)
  const fingers = useRef(new Map<number, Point>())
  const at = (event: PointerEvent): Point => {
    const box = area.current?.getBoundingClientRect()
    if (!box) return { x: 0, y: 0 }
    return {
      x: ((event.clientX - box.left) / box.width) * size.width,
      y: ((event.clientY - box.top) / box.height) * size.height,
    }
  }
  const onPointerDown = (event: PointerEvent) => {
    const point = at(event)
    fingers.current.set(event.pointerId, point)
    area.current?.setPointerCapture(event.pointerId)
    const held = event.target instanceof HTMLElement ? event.target.dataset['grip'] : undefined
    if (!held) onChange(centredAt(square, point, size))
    setGrip(CORNERS.find((c) => c === held) ?? 'move')
  }
  const onPointerMove = (event: PointerEvent) => {
    const before = fingers.current.get(event.pointerId)
    if (!before || !grip) return
    const point = at(event)
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1]
    fingers.current.set(event.pointerId, point)
    if (other) onChange(scaled(square, distance(point, other) / distance(before, other), size))
    else if (grip === 'move') onChange(moved(square, difference(point, before), size))
    else onChange(pulled(square, grip, point, size))
  }
  const onPointerUp = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId)
    if (fingers.current.size === 0) setGrip(null)
  }
  return { area, onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp }
}

/** The square after a key; undefined for keys that do nothing here. */
function byKey(event: KeyboardEvent, square: Square, size: Size): Square | undefined {
  const step = (event.shiftKey ? 0.1 : 0.02) * Math.max(size.width, size.height)
  switch (event.key) {
    case 'ArrowLeft':
      return moved(square, { x: -step, y: 0 }, size)
    case 'ArrowRight':
      return moved(square, { x: step, y: 0 }, size)
    case 'ArrowUp':
      return moved(square, { x: 0, y: -step }, size)
    case 'ArrowDown':
      return moved(square, { x: 0, y: step }, size)
    case '+':
    case '=':
      return scaled(square, 1.05, size)
    case '-':
      return scaled(square, 1 / 1.05, size)
    default:
      return undefined
  }
}

const difference = (a: Point, b: Point): Point => ({ x: a.x - b.x, y: a.y - b.y })

function distance(a: Point, b: Point): number {
  return Math.max(1, Math.hypot(a.x - b.x, a.y - b.y))
}
