import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { show } from '../testing-page'
import Review from './Review'

const user = { email: 'c@example.org', role: 'curator' }
const tree = {
  id: 'test',
  name: 'Test',
  questions: [
    {
      id: 'bar',
      text: 'Is there a bar?',
      answers: [
        { id: 'bar.yes', text: 'a bar', next: null, column: '' },
        { id: 'bar.no', text: 'no bar', next: null, column: '' },
      ],
    },
  ],
  also_asked: {},
}
const item = (id: string) => ({
  result: { id, title: id, thumbnail: '/small' },
  classification: {
    sentence: `Likely galaxy ${id}.`,
    kind: { name: 'galaxy', confidence: 0.9, chance: 'likely', probabilities: { galaxy: 0.9 } },
    answers: [
      { id: 'bar.yes', fraction: 0.2 },
      { id: 'bar.no', fraction: 0.8 },
    ],
  },
  tally: { votes: 3, questions: { bar: { 'bar.yes': 2, 'bar.no': 1 } }, mine: {} },
  uncertainty: 0.8,
  decided: false,
})
const answers = {
  'GET /api/v1/session': { user, csrf: 'token', registration: true, openid: null },
  'GET /api/v1/models': { models: [{ tree, taxonomies: [] }] },
  'GET /api/v1/reviews': { items: [item('r1'), item('r2')], next: null, total: 2 },
  'PUT /api/v1/reviews/r1': item('r1'),
  'PUT /api/v1/reviews/r2': item('r2'),
}

test('curators decide with the keyboard, one picture after the other', async () => {
  const keys = userEvent.setup()
  const { sent } = show(<Review />, { at: '/review', answers })
  await screen.findByRole('heading', { name: 'Likely galaxy r1.' })
  expect(await screen.findByRole('table', { name: 'Is there a bar?' })).toHaveTextContent('67 %')
  await keys.keyboard('a')
  await screen.findByRole('heading', { name: 'Likely galaxy r2.' })
  expect(sent('PUT /api/v1/reviews/r1')).toEqual([
    { decision: 'accept', note: '', answers: {}, kind: null },
  ])
  await keys.keyboard('c')
  expect(await screen.findByRole('heading', { name: 'What does the picture show?' })).toHaveFocus()
  await keys.keyboard('1')
  await keys.keyboard('2')
  await keys.click(screen.getByRole('button', { name: 'Save the correction' }))
  await screen.findByRole('heading', { name: 'Nothing waits for you' })
  expect(sent('PUT /api/v1/reviews/r2')).toEqual([
    { decision: 'correct', note: '', answers: { bar: 'bar.no' }, kind: 'galaxy' },
  ])
})

test('what is typed into the note is no command', async () => {
  const keys = userEvent.setup()
  const { sent } = show(<Review />, { at: '/review', answers })
  await keys.type(await screen.findByLabelText(/Note/), 'a cd')
  await keys.click(screen.getByRole('button', { name: 'Discard the picture' }))
  await waitFor(() =>
    expect(sent('PUT /api/v1/reviews/r1')).toEqual([
      { decision: 'discard', note: 'a cd', answers: {}, kind: null },
    ]),
  )
})

test('members are told whose page it is', async () => {
  const session = { user: { ...user, role: 'member' }, csrf: '', registration: true, openid: null }
  const { sent } = show(<Review />, {
    at: '/review',
    answers: { ...answers, 'GET /api/v1/session': session },
  })
  expect(await screen.findByText(/This page is for curators/)).toBeVisible()
  expect(sent('GET /api/v1/reviews')).toEqual([])
})
