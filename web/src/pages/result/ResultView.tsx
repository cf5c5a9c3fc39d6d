import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import type { Classification } from '../../api/client'
import { useModels } from '../../api/models'
import type { Square, View } from '../../api/pictures'
import { Credit } from '../../components/Credit'
import { AdjustCrop, AdjustStretch } from './Adjust'
import { Detail } from './Detail'
import { Kinds } from './Kinds'
import { useKeeping } from './keeping'
import { Lesson } from './Lesson'
import { LookAlikes } from './LookAlikes'
import { Measured } from './Measured'
import { Opacity } from './Opacity'
import { Path } from './path/Path'
import css from './ResultView.module.css'
import { kindName } from './kindName'
import { Right } from './Right'
import { mayBeGalaxy } from './said'
import { Schemes } from './Schemes'
import { Share } from './Share'
import { isWhole, Stage } from './Stage'
import { Statement } from './Statement'
import { type Subject, useEvidence } from './subject'

interface Props {
  subject: Subject
  answer: Classification
  /** Look at it in another way; without it, the picture stays as it was classified. */
  onView?: (view: View) => void
  onUnshowable?: () => void
  /** A newer answer is on its way. */
  waiting?: boolean
  /** Above the sentence. */
  children?: ReactNode
}

/** Everything that there is to say about one picture, the picture first. */
export function ResultView({ subject, answer, onView, onUnshowable, waiting, children }: Props) {
  const { t } = useTranslation('result')
  const model = useModels().data?.models[0]
  const [of, setOf] = useState('')
  const [opacity, setOpacity] = useState(0)
  const [draft, setDraft] = useState<Square>()
  const keeping = useKeeping(subject)
  const about = of || answer.evidence_of
  const { evidence, waiting: looking } = useEvidence(subject, answer, about)
  const { frame, display } = answer
  const galaxy = mayBeGalaxy(answer)
  return (
    <div className={css.result} aria-busy={waiting}>
      <div className={css.top}>
        <Stage
          picture={subject.picture}
          alt={t('picture.alt', { name: subject.name })}
          frame={frame}
          evidence={evidence?.rows}
          opacity={draft ? 0 : opacity}
          draft={draft}
          onDraft={setDraft}
          {...(onUnshowable && { onUnshowable })}
          caption={<Caption subject={subject} answer={answer} />}
        />
        <div className={css.words}>
          {children}
          <Statement answer={answer} />
          {galaxy && <Schemes answer={answer} taxonomies={model?.taxonomies ?? []} />}
          {!galaxy && answer.kind && <Kinds kind={answer.kind} />}
        </div>
        <div className={css.tools}>
          {about && !draft && (
            <Opacity
              what={whatOf(t, about, answer)}
              waiting={looking}
              value={opacity}
              onChange={setOpacity}
            />
          )}
          {frame && onView && (
            <AdjustCrop {...{ frame, draft, onView }} view={subject.view} onDraft={setDraft} />
          )}
          {display?.adjustable && onView && (
            <AdjustStretch display={display} view={subject.view} onView={onView} />
          )}
        </div>
      </div>
      {model?.tree && answer.path_taken.length > 0 && (
        <Foldable title={t('path.title')} folded={galaxy ? '' : t('path.ifGalaxy')}>
          <Path
            tree={model.tree}
            answer={answer}
            selected={of || (answer.answers.some((a) => a.id === about) ? about : '')}
            onSelect={setOf}
            detail={(id) => <Detail id={id} answer={answer} subject={subject} />}
          />
        </Foldable>
      )}
      <Facts answer={answer} />
      <div className={css.pair}>
        {(!keeping.kept || keeping.kept.owned) && (
          <Right answer={answer} tree={model?.tree ?? null} keeping={keeping} />
        )}
        <Share subject={subject} sentence={answer.sentence} keeping={keeping} />
      </div>
      <p className={css.trust}>
        {t('trust.text', { model: answer.model })} <Link to="/models">{t('trust.more')}</Link>
      </p>
    </div>
  )
}

/** What goes with the answer: galaxies like it, the measured shape, the lesson. */
function Facts({ answer: { look_alikes = [], shape, lesson } }: { answer: Classification }) {
  const { t } = useTranslation('result')
  return (
    <>
      {look_alikes.length > 0 && (
        <section className={css.section}>
          <h2>{t('alike.title')}</h2>
          <LookAlikes galaxies={look_alikes} />
        </section>
      )}
      {(shape ?? lesson) && (
        <div className={css.pair}>
          {shape && (
            <section className={css.section}>
              <h2>{t('shape.title')}</h2>
              <Measured shape={shape} />
            </section>
          )}
          {lesson && <Lesson id={lesson} />}
        </div>
      )}
    </>
  )
}

function Caption({ subject, answer }: { subject: Subject; answer: Classification }) {
  const { t } = useTranslation('result')
  const { frame } = answer
  const looked = subject.view.crop ? 'picture.yours' : 'picture.found'
  return (
    <>
      {subject.name}
      {frame && ` · ${t('picture.size', { width: frame.width, height: frame.height })}`}
      {frame && ` · ${t(isWhole(frame) && !subject.view.crop ? 'picture.whole' : looked)}`}
      {subject.credit && (
        <>
          <br />
          <Credit {...subject.credit} />
        </>
      )}
    </>
  )
}

/** A section; with `folded`, closed behind that line. */
function Foldable({
  title,
  folded,
  children,
}: {
  title: string
  folded: string
  children: ReactNode
}) {
  if (folded) {
    return (
      <details className={css.folded}>
        <summary>{folded}</summary>
        {children}
      </details>
    )
  }
  return (
    <section className={css.section}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

type T = ReturnType<typeof useTranslation<'result'>>['t']

/** What the evidence is for, in words: an answer, a kind, or a class of the model's own. */
function whatOf(t: T, id: string, { answers, classes }: Classification): string {
  const answer = answers.find((a) => a.id === id)
  if (answer) return answer.text
  const [scheme] = id.split(':')
  return (id.includes(':') && classes[scheme ?? '']?.name) || kindName(t, id).toLowerCase()
}
