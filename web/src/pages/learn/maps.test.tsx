import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { type ReactElement, Suspense } from 'react'
import { MemoryRouter } from 'react-router'
import type { GuideEntry } from '../../api/guide'
import { TREE } from '../../lib/tree.fixture'
import { ForkDrawing } from './ForkDrawing'
import { TreeDrawing } from './TreeDrawing'
import { TreeList } from './TreeList'

const entry = (id: string, over: Partial<GuideEntry>): GuideEntry => ({
  id,
  title: id,
  family: 'answer',
  summary: '',
  answers: [],
  classes: [],
  kinds: [],
  picture: null,
  ...over,
})

const ENTRIES = [
  entry('smooth', { answers: ['smooth-or-features.smooth'] }),
  entry('a-bar', { answers: ['bar.yes'] }),
  entry('lenticular', { classes: ['hubble:lenticular'] }),
]

/** The words are loaded with the first drawing; so wait for them. */
async function show(element: ReactElement, at = '/') {
  render(
    <MemoryRouter initialEntries={[at]}>
      <Suspense>{element}</Suspense>
    </MemoryRouter>,
  )
  await screen.findAllByRole('link')
}

beforeAll(() => {
  Element.prototype.scrollIntoView = vi.fn()
})

describe('the tree as a drawing', () => {
  test('every answer is a link, to its page where there is one', async () => {
    await show(<TreeDrawing tree={TREE} entries={ENTRIES} given={[]} />)
    const answers = TREE.questions.flatMap((question) => question.answers)
    expect(screen.getAllByRole('link')).toHaveLength(answers.length)
    expect(screen.getByRole('link', { name: 'a bar' })).toHaveAttribute('href', '/learn/a-bar')
    expect(screen.getByRole('link', { name: 'a ring' })).toHaveAttribute('href', '/learn')
  })

  test('arrow keys walk along the questions', async () => {
    await show(<TreeDrawing tree={TREE} entries={ENTRIES} given={[]} />)
    const user = userEvent.setup()
    screen.getByRole('link', { name: 'smooth' }).focus()
    await user.keyboard('{ArrowLeft}')
    expect(screen.getByRole('link', { name: 'smooth' })).toHaveFocus()
    await user.keyboard('{ArrowRight}{ArrowDown}')
    expect(screen.getByRole('link', { name: 'edge-on' })).toHaveFocus()
    await user.keyboard('{ArrowRight}{ArrowDown}')
    expect(screen.getByRole('link', { name: 'a bar' })).toHaveFocus()
    await user.keyboard('{ArrowUp}')
    expect(screen.getByRole('link', { name: 'not edge-on' })).toHaveFocus()
  })

  test('what the last picture was given is said', async () => {
    await show(<TreeDrawing tree={TREE} entries={ENTRIES} given={['bar.yes']} />)
    expect(screen.getByRole('link', { name: 'a bar, your last picture' })).toBeInTheDocument()
  })

  test('an address leads to its answer', async () => {
    await show(<TreeDrawing tree={TREE} entries={ENTRIES} given={[]} />, '/#spiral.no')
    expect(screen.getByRole('link', { name: 'no spiral arms' })).toHaveFocus()
  })
})

describe('the tree as a list', () => {
  test('a question stands below the answer that opens it', async () => {
    await show(<TreeList tree={TREE} entries={ENTRIES} given={[]} />)
    const smooth = screen.getByRole('link', { name: 'smooth' }).closest('li')
    if (!smooth) throw new Error('no item')
    expect(within(smooth).getByText('How rounded is it?')).toBeInTheDocument()
    expect(within(smooth).queryByText('What is the odd feature?')).toBeNull()
  })

  test('only the first questions are open, and those on the way to what is looked for', async () => {
    await show(<TreeList tree={TREE} entries={ENTRIES} given={['edge-on.no']} />)
    const isOpen = (text: string) => screen.getByText(text).closest('details')?.open
    expect(isOpen('Is there anything odd?')).toBe(true)
    expect(isOpen('Could this be a disc viewed edge-on?')).toBe(true)
    expect(isOpen('How rounded is it?')).toBe(false)
  })
})

describe('the tuning fork', () => {
  test('is a list of sixteen types with their words', async () => {
    await show(<ForkDrawing entries={ENTRIES} marked={['SBb']} />)
    expect(screen.getAllByRole('link')).toHaveLength(16)
    const s0 = screen.getByRole('link', { name: /^S0 a disc and a bulge/ })
    expect(s0).toHaveAttribute('href', '/learn/lenticular')
    expect(screen.getByRole('link', { name: /^SBb .*your last picture$/ })).toBeInTheDocument()
    expect(screen.getByRole('list', { name: 'Ellipticals' }).children).toHaveLength(8)
  })
})
