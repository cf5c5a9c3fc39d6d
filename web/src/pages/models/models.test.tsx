import { render, screen, within } from '@testing-library/react'
import { type ReactElement, Suspense } from 'react'
import { MemoryRouter } from 'react-router'
import { Confusion } from './Confusion'
import { Diagram } from './Diagram'
import { Interval } from './Interval'
import { Folded } from './Section'

async function show(element: ReactElement, role: string, at = '/models') {
  render(
    <MemoryRouter initialEntries={[at]}>
      <Suspense>{element}</Suspense>
    </MemoryRouter>,
  )
  return screen.findByRole(role)
}

test('a table of confusions says what each field is', async () => {
  const table = await show(
    <Confusion
      name="Hubble"
      classes={['Elliptical', 'Spiral']}
      counts={[
        [9, 1],
        [0, 5],
      ]}
    />,
    'table',
  )
  expect(within(table).getByTitle('Elliptical, called Spiral: 1')).toHaveTextContent('1')
  // The more of its row a field holds, the brighter; an empty one has no colour.
  expect(within(table).getByTitle('Elliptical, called Elliptical: 9')).toHaveAttribute(
    'data-step',
    '9',
  )
  expect(within(table).getByTitle('Elliptical, called Spiral: 1')).toHaveAttribute('data-step', '0')
  expect(within(table).getByTitle('Spiral, called Elliptical: 0')).not.toHaveAttribute('data-step')
  expect(
    within(table)
      .getAllByRole('columnheader')
      .map((cell) => cell.textContent),
  ).toContain('2Spiral')
})

test('the reliability diagram has a dot for each bin, higher for more that is right', async () => {
  const drawing = await show(
    <Diagram
      name="a bar"
      bins={[
        { confidence: 0.5, right: 0.4, count: 10 },
        { confidence: 0.9, right: 0.95, count: 40 },
      ]}
    />,
    'img',
  )
  expect(drawing).toHaveAccessibleName(/a bar/)
  const [low, high] = [...drawing.querySelectorAll('circle')]
  expect(Number(low?.getAttribute('cy'))).toBeGreaterThan(Number(high?.getAttribute('cy')))
  expect(Number(low?.getAttribute('r'))).toBeLessThan(Number(high?.getAttribute('r')))
})

test('a figure stands with its interval and its number of pictures', async () => {
  render(
    <Suspense>
      <Interval label="Right" estimate={{ value: 0.9, low: 0.85, high: 0.94, n: 120 }} />
    </Suspense>,
  )
  expect(await screen.findByText('90 %')).toBeInTheDocument()
  expect(screen.getByText('85 % to 94 %, of 120')).toBeInTheDocument()
})

test('a folded part opens at its address', async () => {
  const part = (
    <Folded id="classes" title="Class by class">
      <p>inside</p>
    </Folded>
  )
  const closed = await show(part, 'group')
  expect(closed).not.toHaveAttribute('open')
  expect(screen.queryByText('inside')).toBeNull()
})

test('a part whose address is open is unfolded', async () => {
  const part = (
    <Folded id="classes" title="Class by class">
      <p>inside</p>
    </Folded>
  )
  await show(part, 'group', '/models#classes')
  expect(screen.getByText('inside')).toBeInTheDocument()
})
