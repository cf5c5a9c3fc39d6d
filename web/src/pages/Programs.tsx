import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { Button } from '../components/Button'
import { Page } from '../components/Page'
import css from './Programs.module.css'

/** The same answers for programs: examples, the contract, tokens. */
export default function Programs() {
  const { t } = useTranslation('programs')
  const here = window.location.origin
  return (
    <Page title={t('title')} lead={t('lead')}>
      <section className={css.section}>
        <h2>{t('one.title')}</h2>
        <p>{t('one.text')}</p>
        <Code name="curl" text={`curl -F file=@galaxy.jpg ${here}/api/v1/classify`} />
        <Code name="Python" text={python(here)} />
      </section>
      <section className={css.section}>
        <h2>{t('many.title')}</h2>
        <p>{t('many.text')}</p>
        <Code
          name="curl"
          text={`curl -F files=@survey.zip -H "Authorization: Bearer $SKYFORM_TOKEN" \\\n  ${here}/api/v1/jobs\ncurl -H "Authorization: Bearer $SKYFORM_TOKEN" -o survey.csv \\\n  "${here}/api/v1/jobs/ID/download?format=csv"`}
        />
      </section>
      <section className={css.section}>
        <h2>{t('contract.title')}</h2>
        <p>
          {t('contract.text')} <a href="/api/v1/openapi.json">openapi.json</a>
        </p>
        <p>{t('contract.errors')}</p>
      </section>
      <section className={css.section}>
        <h2>{t('tokens.title')}</h2>
        <p>
          {t('tokens.text')} <Link to="/account">{t('tokens.make')}</Link>
        </p>
      </section>
      <section className={css.section}>
        <h2>{t('local.title')}</h2>
        <p>{t('local.text')}</p>
        <Code name="Python" text={LOCAL} />
      </section>
    </Page>
  )
}

function python(here: string): string {
  return `import httpx

with open("galaxy.jpg", "rb") as picture:
    answer = httpx.post(
        "${here}/api/v1/classify",
        params={"details": True},
        files={"file": picture},
    ).raise_for_status().json()
print(answer["sentence"])
print(answer["classes"]["hubble"]["name"])`
}

const LOCAL = `import skyform

result = skyform.classify("galaxy.jpg")
print(result.sentence)`

/** An example to read and to copy. */
function Code({ name, text }: { name: string; text: string }) {
  const { t } = useTranslation('programs')
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      // Refused, or a page without HTTPS: the text can be marked by hand.
    }
  }
  return (
    <figure className={css.code}>
      <figcaption>
        {name}
        <Button kind="plain" onClick={copy}>
          {t(copied ? 'copied' : 'copy')}
        </Button>
      </figcaption>
      {/* A long line scrolls by itself, with the keyboard too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  )
}
