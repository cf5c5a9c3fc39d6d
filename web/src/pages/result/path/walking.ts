import type { Branch, Step } from './branches'

/** Where a key leads: another answer to go to, or what is to be opened first. */
export interface Move {
  focus?: string
  open?: string
}

type Way = 'on' | 'back' | 'next' | 'previous' | 'first' | 'last'

const ACROSS: Record<string, Way> = {
  ArrowRight: 'on',
  ArrowLeft: 'back',
  ArrowDown: 'next',
  ArrowUp: 'previous',
  Home: 'first',
  End: 'last',
}
const DOWN: Record<string, Way> = {
  ArrowDown: 'on',
  ArrowUp: 'back',
  ArrowRight: 'next',
  ArrowLeft: 'previous',
  Home: 'first',
  End: 'last',
}

/** The move that a key makes from an answer; undefined for other keys, and where it goes no further. */
export function stepTo(
  key: string,
  from: Branch,
  { steps, upright }: { steps: readonly Step[]; upright: boolean },
): Move | undefined {
  const way = (upright ? DOWN : ACROSS)[key]
  if (!way) return undefined
  const siblings = steps.find((s) => s.question === from.question)?.branches ?? []
  const at = siblings.findIndex((b) => b.id === from.id)
  const main = steps.filter((s) => s.main)
  switch (way) {
    case 'on':
      if (from.folded) return { open: from.folded }
      return to(steps.find((s) => s.question === from.target)?.branches[0])
    case 'back':
      return to(leadingTo(from.question, steps))
    case 'next':
      return to(siblings[at + 1])
    case 'previous':
      return to(siblings[at - 1])
    case 'first':
      return to(main[0]?.branches[0])
    case 'last':
      return to(main.at(-1)?.branches[0])
  }
}

/** The answer that most come from. */
function leadingTo(question: string, steps: readonly Step[]): Branch | undefined {
  return steps
    .flatMap((s) => s.branches)
    .filter((b) => b.target === question)
    .sort((a, b) => Number(b.likely) - Number(a.likely) || b.share - a.share)[0]
}

function to(branch: Branch | undefined): Move | undefined {
  return branch && { focus: branch.id }
}
