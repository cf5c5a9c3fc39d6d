import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { Schemas } from '../../api/client'
import { Bar } from '../../components/Bar'
import { Button } from '../../components/Button'
import { Chance } from '../../components/Chance'
import { capital } from '../../lib/text'
import { answerText, questionOf, type Tree } from '../../lib/walk'
import { exhibitQuery } from '../gallery/draw'
import { isGuess, ModelSays } from '../gallery/Verdict'
import css from './Outcome.module.css'

interface Props {
  tree: Tree
  outcome: Schemas['Outcome']
  onNext: () => void
}

/** How a round went: what people said, what the model says, what the visitor said. */
export function Outcome({ tree, outcome, onNext }: Props) {
  const { t } = useTranslation('play')
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  const { right, points, verdicts, score } = outcome
  const state = right === null ? 'open' : right ? 'right' : 'wrong'
  const alone = verdicts.every(({ crowd }) => crowd === null)
  return (
    <div className={css.outcome}>
      <div className={css.head} data-state={state}>
        <h2 ref={heading} tabIndex={-1}>
          {t(`outcome.${state}`)}
        </h2>
        <p className={css.points}>{t('outcome.points', { count: points })}</p>
      </div>
      <Sides tree={tree} outcome={outcome} />
      <div className={css.next}>
        <Button kind="strong" onClick={onNext}>
          {t('outcome.next')}
        </Button>
        <Link className={css.link} to={`/gallery/${outcome.exhibit}`}>
          {t('outcome.exhibit')}
        </Link>
      </div>
      <h3>{t('outcome.answers')}</h3>
      <p className={css.quiet}>{t(alone ? 'outcome.alone' : 'outcome.shares')}</p>
      <ol className={css.verdicts}>
        {verdicts.map((verdict) => (
          <Verdict key={verdict.question} tree={tree} verdict={verdict} />
        ))}
      </ol>
      <Agreement score={score} />
    </div>
  )
}

/** The visitor, people and the model side by side. */
function Sides({ tree, outcome }: { tree: Tree; outcome: Schemas['Outcome'] }) {
  const { t } = useTranslation('play')
  const { data: exhibit } = useQuery(exhibitQuery(outcome.exhibit))
  const { right, model_right, truth_text, verdicts } = outcome
  const mine = verdicts.map(({ answer }) => answerText(tree, answer)).join(', ')
  return (
    <dl className={css.sides}>
      <div>
        <dt>{t('outcome.people')}</dt>
        <dd>{capital(truth_text)}</dd>
      </div>
      <div>
        <dt>{t('outcome.you')}</dt>
        <dd>{capital(mine)}</dd>
        <Agrees with={right} />
      </div>
      <div>
        <dt>{t('outcome.theModel')}</dt>
        <dd>
          {exhibit && <ModelSays exhibit={exhibit} />}
          {exhibit && !isGuess(exhibit) && (
            <span className={css.chance}>
              <Chance words={exhibit.chance} value={exhibit.confidence} />
            </span>
          )}
        </dd>
        <Agrees with={model_right} />
      </div>
    </dl>
  )
}

function Agrees({ with: right }: { with: boolean | null }) {
  const { t } = useTranslation('play')
  const state = right === null ? 'undecided' : right ? 'agrees' : 'differs'
  return (
    <dd className={css.agrees} data-state={state}>
      {t(`outcome.${state}`)}
    </dd>
  )
}

/** One answer beside what the others say. */
function Verdict({ tree, verdict }: { tree: Tree; verdict: Schemas['Verdict'] }) {
  const { t } = useTranslation('play')
  const { question, answer, model, model_answer, crowd, crowd_votes, truth, points } = verdict
  const words = (id: string) => answerText(tree, id)
  return (
    <li>
      <p className={css.quiet}>{questionOf(tree, question)?.text}</p>
      <p className={css.answer}>
        {capital(words(answer))}
        {points > 0 && <span>+{points}</span>}
      </p>
      <Bar label={t('outcome.theModel')} value={model} />
      {crowd !== null && (
        <Bar label={t('outcome.visitors', { count: crowd_votes })} value={crowd} />
      )}
      {truth !== null && truth !== answer && (
        <p className={css.other}>{t('outcome.truth', { answer: words(truth) })}</p>
      )}
      {model_answer !== answer && model_answer !== truth && (
        <p className={css.other}>{t('outcome.modelSays', { answer: words(model_answer) })}</p>
      )}
    </li>
  )
}

/** The visitor's agreement with people beside the model's, over all rounds. */
function Agreement({ score }: { score: Schemas['Score'] }) {
  const { t } = useTranslation('play')
  if (score.agreement === null) return null
  return (
    <section className={css.agreement}>
      <h3>{t('score.agreement', { count: score.rounds })}</h3>
      <Bar label={t('outcome.you')} value={score.agreement} strong />
      {score.model_agreement !== null && (
        <Bar label={t('outcome.theModel')} value={score.model_agreement} />
      )}
    </section>
  )
}
