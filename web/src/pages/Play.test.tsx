import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { show } from '../testing-page'
import Play from './Play'

const answer = (id: string, text: string, next: string | null) => ({ id, text, next, column: '' })
const tree = {
  id: 'test',
  name: 'Test',
  questions: [
    {
      id: 'smooth',
      text: 'Is it smooth?',
      answers: [answer('smooth.yes', 'smooth', null), answer('smooth.no', 'a disc', 'arms')],
    },
    {
      id: 'arms',
      text: 'Are there arms?',
      answers: [answer('arms.yes', 'arms', null), answer('arms.no', 'no arms', null)],
    },
  ],
  also_asked: {},
}
const score = {
  rounds: 1,
  points: 30,
  streak: 1,
  best_streak: 1,
  agreement: 1,
  model_agreement: 0,
}
const outcome = {
  exhibit: 'g1',
  truth_text: 'a spiral, by most of the votes',
  right: true,
  model_right: false,
  verdicts: [
    {
      question: 'arms',
      answer: 'arms.yes',
      model: 0.25,
      model_answer: 'arms.no',
      crowd: null,
      crowd_votes: 2,
      truth: 'arms.yes',
      points: 10,
    },
  ],
  points: 30,
  score,
}
const round = {
  id: 'round-1',
  picture: '/picture',
  credit: 'A survey',
  licence: 'MIT',
  first_question: 'smooth',
}
const exhibit = {
  id: 'g1',
  predicted: null,
  sentence: 'Likely a smooth galaxy.',
  chance: 'likely',
  confidence: 0.7,
}
const answers = {
  'GET /api/v1/models': { models: [{ tree, taxonomies: [] }] },
  'GET /api/v1/play/score': { ...score, rounds: 0 },
  'POST /api/v1/play/rounds': round,
  'POST /api/v1/play/rounds/round-1': outcome,
  'GET /api/v1/gallery/g1': exhibit,
}

test('a round is played with the keyboard alone, with a step back', async () => {
  const user = userEvent.setup()
  const { sent } = show(<Play />, { answers })
  await screen.findByRole('heading', { name: 'Is it smooth?' })
  await user.keyboard('2')
  expect(screen.getByRole('heading', { name: 'Are there arms?' })).toHaveFocus()
  await user.keyboard('{Backspace}')
  expect(screen.getByRole('heading', { name: 'Is it smooth?' })).toBeVisible()
  await user.keyboard('9')
  expect(screen.getByRole('heading', { name: 'Is it smooth?' })).toBeVisible()
  await user.keyboard('21')
  expect(await screen.findByRole('heading', { name: 'You and the people agree' })).toHaveFocus()
  expect(sent('POST /api/v1/play/rounds/round-1')).toEqual([{ answers: ['smooth.no', 'arms.yes'] }])
  expect(screen.getByText('30 points')).toBeVisible()
  expect(screen.getByText('Differs from people')).toBeVisible()
  expect(await screen.findByText('Likely a smooth galaxy.')).toBeVisible()
  await user.click(screen.getByRole('button', { name: 'Next galaxy' }))
  expect(await screen.findByRole('heading', { name: 'Is it smooth?' })).toBeVisible()
})

test('one may stop before the end, and answer a question anew', async () => {
  const user = userEvent.setup()
  const { sent } = show(<Play />, { answers })
  await user.click(await screen.findByRole('button', { name: /A disc/ }))
  await user.click(screen.getByRole('button', { name: 'A disc: answer this again' }))
  await user.click(screen.getByRole('button', { name: /A disc/ }))
  await user.click(screen.getByRole('button', { name: 'That is all I can tell' }))
  await screen.findByText('30 points')
  expect(sent('POST /api/v1/play/rounds/round-1')).toEqual([{ answers: ['smooth.no'] }])
})

test('a model without a tree cannot be played against', async () => {
  const models = { models: [{ tree: null, taxonomies: [] }] }
  show(<Play />, { answers: { ...answers, 'GET /api/v1/models': models } })
  expect(await screen.findByRole('link', { name: 'Go to the gallery' })).toHaveAttribute(
    'href',
    '/gallery',
  )
})
