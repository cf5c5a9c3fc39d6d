import { type FocusEvent, type PointerEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { GuideEntry } from '../../api/guide'
import { Sketch } from '../../components/Sketch'
import { FORK, type ForkNode, type NodeId, pageOfNode } from '../../lib/fork'
import css from './ForkDrawing.module.css'

/**
 * The fork: lying on wide screens, standing on narrow ones. Its nodes are a list of links in the order of the types, and so its
 * own text alternative.
 */
export function ForkDrawing({
  entries,
  marked,
}: {
  entries: readonly GuideEntry[]
  marked: readonly NodeId[]
}) {
  const { t } = useTranslation('learn')
  const [shown, setShown] = useState<NodeId>()
  const show = (event: PointerEvent | FocusEvent) => {
    const id = (event.target as Element).closest<HTMLElement>('[data-node]')?.dataset['node']
    setShown(FORK.flatMap(({ nodes }) => nodes).find((node) => node.id === id)?.id)
  }
  return (
    <div className={css.frame}>
      {/* The links in it are what is pointed at; it only hears of it. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className={css.drawing} onPointerOver={show} onFocus={show}>
        {FORK.map(({ branch, nodes }) => (
          <div key={branch} className={css.branch}>
            <h2 id={`branch-${branch}`} className={css.caption} data-branch={branch}>
              {t(`fork.${branch}`)}
            </h2>
            <ul className={css.nodes} aria-labelledby={`branch-${branch}`}>
              {nodes.map((node, at) => (
                <li key={node.id} className={css.node} data-branch={branch} data-at={at}>
                  <Type node={node} entries={entries} marked={marked.includes(node.id)} />
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <p className={css.telling} aria-hidden="true">
        {shown && (
          <>
            <strong>{shown}</strong> {t(`fork.nodes.${shown}`)}
          </>
        )}
      </p>
    </div>
  )
}

function Type({
  node,
  entries,
  marked,
}: {
  node: ForkNode
  entries: readonly GuideEntry[]
  marked: boolean
}) {
  const { t } = useTranslation('learn')
  const page = pageOfNode(node, entries)
  const picture = node.pictured ? page?.picture : undefined
  return (
    <Link
      className={css.link}
      to={page ? `/learn/${page.id}` : '/learn'}
      data-node={node.id}
      data-marked={marked || undefined}
    >
      <span className={css.tile}>
        {node.id === 'S0' && <Prongs />}
        {picture ? <img src={picture.url} alt="" /> : <Sketch marks={node.marks} />}
      </span>
      <span className={css.words}>
        <span className={css.name}>{node.id}</span>{' '}
        <span className={css.what}>
          {t(`fork.nodes.${node.id}`)}
          {marked && `, ${t('last.mark')}`}
        </span>
      </span>
    </Link>
  )
}

/** From the lenticulars to both rows of spirals; the style sheet chooses which of the two lies there. */
function Prongs() {
  return (
    <>
      <svg className={css.lying} viewBox="0 0 100 100" preserveAspectRatio="none">
        <path d="M0 50 H30 C60 50 45 0 75 0 H100 M30 50 C60 50 45 100 75 100 H100" />
      </svg>
      <svg className={css.standing} viewBox="0 0 100 100" preserveAspectRatio="none">
        <path d="M0 0 V100 M0 20 Q0 29 6 29 H94 Q100 29 100 38 V100" />
      </svg>
    </>
  )
}
