import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, NavigationType, useLocation, useNavigationType, useSearchParams } from 'react-router'
import { send } from '../api/client'
import { Page } from '../components/Page'
import { Problem } from '../components/Problem'
import { focusIfLost, useChange } from '../lib/focus'
import { type Picture, useHand } from '../lib/hand'
import { Intake } from './classify/Intake'
import { One } from './classify/One'
import { Samples, useSamples } from './classify/Samples'
import { Several } from './classify/Several'
import { ResultSkeleton } from './result/ResultSkeleton'

/** Give pictures, and see what they are. */
export default function Classify() {
  const hand = useHand()
  const location = useLocation()
  const [query] = useSearchParams()
  // The answer's words come with the page, not with the answer: the network may be gone by then.
  useTranslation(['classify', 'result'])
  const how = useNavigationType()
  const sample = query.get('sample')
  const { pictures: ids, among } = remembered(location.state)
  // Other pictures on the same page begin at its top, as another page does.
  useChange(sample ?? ids.join(), () => {
    if (how !== NavigationType.Pop) window.scrollTo(0, 0)
    focusIfLost(document.querySelector('h1'))
  })
  if (sample) return <SamplePicture key={sample} file={sample} />
  const pictures = ids.map((id) => hand.find(id)).filter((p) => p !== undefined)
  const [first] = pictures
  if (!first) return <Start gone={ids.length > 0} />
  if (pictures.length > 1) return <Several pictures={pictures} />
  return (
    <One
      key={first.id}
      picture={first}
      back={among.length > 1 ? <Among pictures={among} /> : undefined}
    />
  )
}

/** What the entry of the browser's history says; it may be another version's, or nobody's. */
function remembered(state: unknown): { pictures: string[]; among: string[] } {
  const given = typeof state === 'object' && state !== null ? state : {}
  const list = (value: unknown) =>
    Array.isArray(value) ? value.filter((v) => typeof v === 'string') : []
  return {
    pictures: list('pictures' in given && given.pictures),
    among: list('among' in given && given.among),
  }
}

function Among({ pictures }: { pictures: string[] }) {
  const { t } = useTranslation('classify')
  return (
    <p>
      <Link to="/classify" state={{ pictures }} replace={false}>
        {t('several.back')}
      </Link>
    </p>
  )
}

function Start({ gone }: { gone: boolean }) {
  const { t } = useTranslation('classify')
  return (
    <Page title={t('heading')} lead={t(gone ? 'gone' : 'lead')}>
      <Intake />
      <Samples />
    </Page>
  )
}

/** A picture to try, by its address, so that it can be passed on and survives loading the page again. */
function SamplePicture({ file }: { file: string }) {
  const { t } = useTranslation('classify')
  const sample = useSamples().data?.samples.find((s) => s.file === file)
  const url = `/samples/${encodeURIComponent(file)}`
  const { data, error } = useQuery({
    queryKey: ['sample', file],
    queryFn: async ({ signal }) => (await send(url, { signal })).blob(),
    staleTime: Infinity,
  })
  if (data) {
    const picture: Picture = {
      id: `sample-${file}`,
      file: data,
      name: sample?.title ?? file,
      url,
      ...(sample && { credit: sample }),
    }
    return <One picture={picture} />
  }
  const name = sample?.title ?? file
  return (
    <Page title={t(error ? 'failed' : 'looking', { name })} bare>
      <ResultSkeleton picture={error ? '' : url} name={name} refused={error !== null}>
        {error ? <Problem error={error} /> : null}
      </ResultSkeleton>
    </Page>
  )
}
