import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { madeUpAnswer, TREE } from '../made-up'
import { Path } from './Path'

/** jsdom lays nothing out: everything is as wide as it is told. */
class FixedWidth implements ResizeObserver {
  constructor(private readonly tell: ResizeObserverCallback) {}
  observe() {
    this.tell([{ contentRect: { width: 1200 } } as ResizeObserverEntry], this)
  }
  unobserve() {
    // Nothing is kept.
  }
  disconnect() {
    // Nothing is kept.
  }
}

beforeAll(() => {
  vi.stubGlobal('ResizeObserver', FixedWidth)
  vi.stubGlobal('CSS', { escape: (text: string) => text })
})
afterAll(() => vi.unstubAllGlobals())

function Shown() {
  const [selected, setSelected] = useState('')
  return (
    <Path
      tree={TREE}
      answer={madeUpAnswer()}
      selected={selected}
      onSelect={setSelected}
      detail={(id) => <p>told of {id}</p>}
    />
  )
}

const answer = (name: RegExp) => screen.findByRole('button', { name })

test('an answer says its share, its interval, and whether it is the likely one', async () => {
  render(<Shown />)
  expect(
    await answer(/^disc: 88\u00a0%, between 44\u00a0% and 94\u00a0%\. The likely answer/),
  ).toBeVisible()
})

test('one tab stop, and the arrows walk on; what has the focus is told', async () => {
  render(<Shown />)
  const first = await answer(/^disc/)
  expect(screen.getAllByRole('button').filter((b) => b.tabIndex === 0)).toHaveLength(2)
  await userEvent.tab()
  await userEvent.tab()
  expect(first).toHaveFocus()
  await userEvent.keyboard('{ArrowRight}')
  expect(await answer(/^no: 70\u00a0%/)).toHaveFocus()
  expect(screen.getByText('told of bar.no')).toBeInTheDocument()
})

test('a folded question opens, and folds again', async () => {
  render(<Shown />)
  await userEvent.click(await answer(/^smooth/))
  await userEvent.click(await answer(/Show the question that follows/))
  expect(screen.getByRole('group', { name: /What about round/ })).toBeInTheDocument()
  await userEvent.click(await answer(/Fold all/))
  expect(screen.queryByRole('group', { name: /What about round/ })).not.toBeInTheDocument()
})

test('rare answers show themselves on request', async () => {
  render(<Shown />)
  await userEvent.click(await answer(/^3 others/))
  expect(await answer(/^three: 2\u00a0%/)).toBeInTheDocument()
})

test('every answer stands in the table', async () => {
  render(<Shown />)
  await userEvent.click(await answer(/As a table/))
  // Each answer, each question, and the head.
  expect(screen.getAllByRole('row')).toHaveLength(17 + 7 + 1)
})

test('what is asked beside the flow stands below', async () => {
  render(<Shown />)
  expect(await screen.findByText('What about sense?')).toBeInTheDocument()
})
