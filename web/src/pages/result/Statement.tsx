import { useTranslation } from 'react-i18next'
import type { Classification } from '../../api/client'
import { Chance } from '../../components/Chance'
import { chanceWords } from '../../lib/chances'
import { certainty, standing } from './said'
import css from './Statement.module.css'

/** The answer in one sentence, how sure it is, and what one must know before trusting it. */
export function Statement({ answer }: { answer: Classification }) {
  const { t } = useTranslation('result')
  const sure = certainty(answer)
  const how = standing(answer)
  return (
    <div className={css.statement}>
      <h1 id="sentence" tabIndex={-1} className={css.sentence}>
        {answer.sentence}
      </h1>
      {sure !== null && sure >= 0.33 && how !== 'unfamiliar' && (
        <p className={css.sure}>
          <Chance words={t(`chances.${chanceWords(sure)}`)} value={sure} />
        </p>
      )}
      {how !== 'answered' && (
        <div className={css.honest}>
          <p>{t(`standing.${how}`)}</p>
          <p>{t(`standing.${how}Remedy`)}</p>
        </div>
      )}
      <Flags answer={answer} />
    </div>
  )
}

// What `standing` has said already.
const SAID = ['unfamiliar', 'unsure']

function Flags({ answer }: { answer: Classification }) {
  const { t } = useTranslation('result')
  const flags = answer.flags.filter((f) => !SAID.includes(f.code))
  if (flags.length === 0) return null
  return (
    <ul className={css.flags} aria-label={t('flags.title')}>
      {flags.map(({ code, text }) => (
        <li key={code}>
          <strong>{asSentence(text)}</strong> {remedy(t, code)}
        </li>
      ))}
    </ul>
  )
}

function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`
}

type T = ReturnType<typeof useTranslation<'result'>>['t']

function remedy(t: T, code: string): string {
  switch (code) {
    case 'tiny':
      return t('flags.tiny')
    case 'saturated':
      return t('flags.saturated')
    case 'blank':
      return t('flags.blank')
    case 'cut-by-edge':
      return t('flags.cutByEdge')
    case 'nothing-found':
      return t('flags.nothingFound')
    case 'low-signal':
      return t('flags.lowSignal')
    case 'off-centre':
      return t('flags.offCentre')
    case 'several-objects':
      return t('flags.severalObjects')
    case 'animated':
      return t('flags.animated')
    case 'missing-pixels':
      return t('flags.missingPixels')
    case 'negative':
      return t('flags.negative')
    case 'not-a-galaxy':
      return t('flags.notAGalaxy')
    default:
      return ''
  }
}
