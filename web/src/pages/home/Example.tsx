import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '../../api/client'
import { useModels } from '../../api/models'
import { Button, ButtonLink } from '../../components/Button'
import { Chance } from '../../components/Chance'
import { Credit } from '../../components/Credit'
import { chanceWords } from '../../lib/chances'
import { Path } from '../result/path/Path'
import { certainty } from '../result/said'
import { Stage } from '../result/Stage'
import css from './Example.module.css'
import { ExampleSkeleton } from './ExampleSkeleton'

/** A galaxy of the gallery with its answer, drawn as the result page draws it. */
export default function Example() {
  const { t } = useTranslation(['result', 'common'])
  const { t: tc } = useTranslation()
  const [turn, setTurn] = useState(0)
  const [selected, setSelected] = useState('')
  const tree = useModels().data?.models[0]?.tree
  const { data, isPending, isPlaceholderData } = useQuery({
    queryKey: ['gallery', 'example', turn],
    queryFn: () => unwrap(api.GET('/api/v1/gallery/random')),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  })
  if (isPending) return <ExampleSkeleton />
  // The first page is whole without it.
  if (!data) return null
  const { classification: answer } = data
  const sure = certainty(answer)
  return (
    <section className={css.example} aria-labelledby="example" aria-busy={isPlaceholderData}>
      <header className={css.head}>
        <h2 id="example">{tc('home.example')}</h2>
        <p>{tc('home.exampleLead')}</p>
      </header>
      <div className={css.top} key={`top-${data.id}`}>
        <Stage
          picture={data.picture}
          alt={data.title}
          frame={answer.frame}
          evidence={undefined}
          opacity={0}
          caption={<Credit credit={data.credit} licence={data.licence} />}
        />
        <div className={css.words} aria-live="polite">
          <p className={css.sentence}>{answer.sentence}</p>
          {sure !== null && (
            <p className={css.sure}>
              <Chance words={t(`chances.${chanceWords(sure)}`)} value={sure} />
            </p>
          )}
          <p className={css.people}>{tc('home.people', { text: data.truth_text })}</p>
          <div className={css.buttons}>
            <Button
              onClick={() => {
                setSelected('')
                setTurn(turn + 1)
              }}
            >
              {tc('home.another')}
            </Button>
            <ButtonLink kind="plain" to={`/gallery/${data.id}`}>
              {tc('home.whole')}
            </ButtonLink>
          </div>
        </div>
      </div>
      {tree && answer.path_taken.length > 0 && (
        <Path
          key={`path-${data.id}`}
          tree={tree}
          answer={answer}
          selected={selected}
          onSelect={setSelected}
        />
      )}
    </section>
  )
}
