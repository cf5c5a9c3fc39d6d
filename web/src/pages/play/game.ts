import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type Schemas, unwrap } from '../../api/client'

const SCORE = ['play', 'score'] as const

export type Outcome = Schemas['Outcome']

/** The visitor's score; it comes with every outcome too. */
export function useScore(): Schemas['Score'] | undefined {
  return useQuery({
    queryKey: SCORE,
    queryFn: () => unwrap(api.GET('/api/v1/play/score')),
  }).data
}

/** One galaxy after the other. The next one is fetched, with its picture, while the outcome is read. */
export function useGame() {
  const queries = useQueryClient()
  const [number, setNumber] = useState(0)
  const [answers, setAnswers] = useState<string[]>([])
  const round = useQuery(roundQuery(number))
  const guess = useMutation({
    mutationFn: (given: string[]) => finish(round.data?.id ?? '', given),
    onSuccess: ({ score }) => queries.setQueryData(SCORE, score),
  })
  useQuery({ ...roundQuery(number + 1), enabled: guess.isSuccess })
  const next = () => {
    guess.reset()
    setAnswers([])
    setNumber(number + 1)
  }
  return { number, round, answers, setAnswers, guess, next }
}

const roundQuery = (number: number) => ({
  queryKey: ['play', 'round', number],
  queryFn: begin,
  staleTime: Infinity,
  // A round is played once: coming back to the page begins another one.
  gcTime: 0,
})

async function begin(): Promise<Schemas['Round']> {
  const round = await unwrap(api.POST('/api/v1/play/rounds'))
  const picture = new Image()
  picture.src = round.picture
  await picture.decode().catch(() => undefined)
  return round
}

const finish = (id: string, answers: string[]) =>
  unwrap(api.POST('/api/v1/play/rounds/{id}', { params: { path: { id } }, body: { answers } }))
