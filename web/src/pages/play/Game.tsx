import { useTranslation } from 'react-i18next'
import { Answers } from '../../components/Answers'
import { Button } from '../../components/Button'
import { Credit } from '../../components/Credit'
import { Problem } from '../../components/Problem'
import { Skeleton } from '../../components/Skeleton'
import { nextQuestion, type Tree } from '../../lib/walk'
import { useGame } from './game'
import css from './Game.module.css'
import { Outcome } from './Outcome'
import { Trail } from './Trail'

/** One galaxy, its questions, and then how it went. */
export function Game({ tree }: { tree: Tree }) {
  const { t } = useTranslation('play')
  const { number, round, answers, setAnswers, guess, next } = useGame()
  if (round.isError) return <Problem error={round.error} retry={() => void round.refetch()} />
  if (!round.data) return <Waiting />
  const { picture, credit, licence, first_question } = round.data
  const question = nextQuestion(tree, answers, first_question)
  const answer = (id: string) => {
    const given = [...answers, id]
    setAnswers(given)
    if (!nextQuestion(tree, given, first_question)) guess.mutate(given)
  }
  const back = answers.length > 0 ? () => setAnswers(answers.slice(0, -1)) : undefined
  return (
    <div className={css.game} data-over={guess.isSuccess}>
      <figure className={css.figure}>
        <img key={number} src={picture} alt={t('picture')} width="512" height="512" />
        <figcaption>
          <Credit credit={credit} licence={licence} />
        </figcaption>
      </figure>
      <div className={css.side}>
        {guess.isSuccess ? (
          <Outcome tree={tree} outcome={guess.data} onNext={next} />
        ) : guess.isError ? (
          <Problem error={guess.error} retry={() => guess.mutate(answers)}>
            <Button onClick={next}>{t('outcome.next')}</Button>
          </Problem>
        ) : (
          <>
            {question && !guess.isPending ? (
              <Answers
                question={question}
                label={t('question', { number: answers.length + 1 })}
                arrived={answers.length > 0 || number > 0}
                onAnswer={answer}
                onBack={back}
              />
            ) : (
              <p role="status">{t('sending')}</p>
            )}
            {back && !guess.isPending && (
              <>
                <Trail tree={tree} answers={answers} onReturn={setAnswers} />
                <div className={css.row}>
                  <Button onClick={back}>{t('back')}</Button>
                  <Button kind="plain" onClick={() => guess.mutate(answers)}>
                    {t('stop')}
                  </Button>
                </div>
              </>
            )}
            {!back && number === 0 && <p className={css.intro}>{t('intro')}</p>}
          </>
        )}
      </div>
    </div>
  )
}

/** A round that is on its way. */
export function Waiting() {
  const { t } = useTranslation()
  return (
    <div className={css.game} role="status">
      <span className="sr-only">{t('loading')}</span>
      <div className={css.figure}>
        <div className={css.square}>
          <Skeleton height="100%" />
        </div>
      </div>
      <div className={css.side}>
        <Skeleton width="80%" height="2rem" />
        <Skeleton height="52px" />
        <Skeleton height="52px" />
        <Skeleton height="52px" />
      </div>
    </div>
  )
}
