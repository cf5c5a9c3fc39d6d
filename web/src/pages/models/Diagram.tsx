import { useTranslation } from 'react-i18next'
import type { Bin } from '../../lib/card'
import { shareOf } from '../../lib/shares'
import css from './Diagram.module.css'

const SIZE = 400
const LEFT = 52
const BOTTOM = 48
const TOP = 12
const TICKS = [0, 0.25, 0.5, 0.75, 1]

const x = (share: number) => LEFT + share * (SIZE - LEFT - 12)
const y = (share: number) => SIZE - BOTTOM - share * (SIZE - BOTTOM - TOP)

/** Stated chances against the share that is right. A dot's area is the number of answers; its line the 95 % interval. */
export function Diagram({ name, bins }: { name: string; bins: readonly Bin[] }) {
  const { t } = useTranslation('models')
  const most = Math.max(...bins.map(({ count }) => count))
  return (
    <svg
      className={css.diagram}
      viewBox={`0 0 ${SIZE} ${SIZE}`}
      role="img"
      aria-label={t('reliability.drawing', { name })}
    >
      {TICKS.map((tick) => (
        <g key={tick} className={css.grid}>
          <path d={`M${x(tick)} ${y(0)} V${y(1)} M${x(0)} ${y(tick)} H${x(1)}`} />
          <text x={x(tick)} y={y(0) + 18} textAnchor={tick === 1 ? 'end' : 'middle'}>
            {`${tick * 100} %`}
          </text>
          <text x={x(0) - 8} y={y(tick) + 4} textAnchor="end">
            {tick > 0 && `${tick * 100}`}
          </text>
        </g>
      ))}
      <path className={css.honest} d={`M${x(0)} ${y(0)} L${x(1)} ${y(1)}`} />
      {bins.map(({ confidence, right, count }) => {
        const share = shareOf(right * count, count)
        return (
          <g key={confidence} className={css.bin}>
            {share && <path d={`M${x(confidence)} ${y(share.low)} V${y(share.high)}`} />}
            <circle cx={x(confidence)} cy={y(right)} r={4 + 8 * Math.sqrt(count / most)} />
          </g>
        )
      })}
      <text className={css.axis} x={x(0.5)} y={SIZE - 6} textAnchor="middle">
        {t('reliability.stated')}
      </text>
      <text
        className={css.axis}
        transform={`translate(13 ${y(0.5)}) rotate(-90)`}
        textAnchor="middle"
      >
        {t('reliability.right')}
      </text>
    </svg>
  )
}
