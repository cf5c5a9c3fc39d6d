import { answersByQuestion, answerText, nextQuestion, type Tree } from './walk'

const answer = (id: string, next: string | null) => ({ id, next, text: id, column: '' })

const tree: Tree = {
  id: 'test',
  name: 'Test',
  questions: [
    {
      id: 'kind',
      text: 'Smooth?',
      answers: [
        answer('kind.smooth', 'odd'),
        answer('kind.disc', 'arms'),
        answer('kind.star', null),
      ],
    },
    { id: 'arms', text: 'Arms?', answers: [answer('arms.yes', 'count'), answer('arms.no', 'odd')] },
    {
      id: 'count',
      text: 'How many?',
      answers: [answer('count.1', 'odd'), answer('count.2', 'odd')],
    },
    { id: 'odd', text: 'Odd?', answers: [answer('odd.yes', null), answer('odd.no', null)] },
    { id: 'sense', text: 'Which way?', answers: [answer('sense.left', null)] },
  ],
  also_asked: { sense: ['arms.yes'] },
}

test.each([
  [[], 'kind'],
  [['kind.smooth'], 'odd'],
  [['kind.disc'], 'arms'],
  [['kind.disc', 'arms.yes'], 'sense'],
  [['kind.disc', 'arms.yes', 'sense.left'], 'count'],
  [['kind.disc', 'arms.yes', 'sense.left', 'count.2'], 'odd'],
])('after %j comes %s', (answers, question) => {
  expect(nextQuestion(tree, answers)?.id).toBe(question)
})

test.each([
  [['kind.star']],
  [['kind.smooth', 'odd.no']],
  [['odd.no']],
  [['kind.disc', 'nonsense']],
])('after %j comes nothing', (answers) => {
  expect(nextQuestion(tree, answers)).toBeUndefined()
})

test('a walk can begin at any question', () => {
  expect(nextQuestion(tree, [], 'arms')?.id).toBe('arms')
})

test('answers are given by question, and named', () => {
  expect(answersByQuestion(tree, ['kind.disc', 'arms.no'])).toEqual({
    kind: 'kind.disc',
    arms: 'arms.no',
  })
  expect(answerText(tree, 'count.2')).toBe('count.2')
  expect(answerText(tree, 'gone')).toBe('gone')
})
