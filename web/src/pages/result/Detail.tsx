import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { Classification } from '../../api/client'
import { useGuide } from '../../api/guide'
import { useModels } from '../../api/models'
import { chanceWords } from '../../lib/chances'
import { pageFor } from '../../lib/guide'
import { percent } from '../../lib/numbers'
import { Cutout } from './Cutout'
import css from './Detail.module.css'
import { type Subject, useEvidence } from './subject'

/** One answer in words, with what it rests on. */
export function Detail({
  id,
  answer,
  subject,
}: {
  id: string
  answer: Classification
  subject: Subject
}) {
  const { t } = useTranslation('result')
  const estimate = answer.answers.find((a) => a.id === id)
  const question = useModels().data?.models[0]?.tree?.questions.find(
    (q) => q.id === estimate?.question,
  )
  const page = pageFor(useGuide().data?.entries ?? [], { answer: id })
  const { evidence, waiting } = useEvidence(subject, answer, id)
  if (!estimate) return null
  const { fraction, low, high, cumulative, confidence, text } = estimate
  return (
    <div className={css.detail}>
      {answer.frame && (
        <Cutout
          picture={subject.picture}
          frame={answer.frame}
          evidence={evidence?.rows}
          waiting={waiting}
          caption={t(evidence ? 'evidence.of' : waiting ? 'evidence.coming' : 'evidence.none', {
            what: text,
          })}
        />
      )}
      <div className={css.words}>
        {question && <p className={css.question}>{question.text}</p>}
        <h3>{text}</h3>
        <p>
          {t('detail.fraction', {
            share: percent(fraction),
            low: percent(low),
            high: percent(high),
          })}{' '}
          {cumulative < fraction - 0.005 && t('detail.share', { share: percent(cumulative) })}
        </p>
        {confidence !== null && (
          <p>
            {t('detail.chance', {
              words: t(`chances.${chanceWords(confidence)}`),
              share: percent(confidence),
            })}
          </p>
        )}
        {page && (
          <p>
            <Link to={`/learn/${page.id}`}>{t('detail.learn', { title: page.title })}</Link>
          </p>
        )}
      </div>
    </div>
  )
}
