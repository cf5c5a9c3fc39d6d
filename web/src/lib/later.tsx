import { type ComponentType, lazy } from 'react'
import { ApiError } from '../api/client'

/** The code of a page did not come, because nobody answered. */
export class NotLoaded extends ApiError {
  constructor(
    /** To be called once that was said: the next one who needs the page asks for it again. */
    readonly forget: () => void,
  ) {
    super(0, { code: 'offline', message: '', remedy: '', request_id: '' })
  }
}

type Load = () => Promise<{ default: ComponentType }>

/** A component whose code comes when it is first needed; other than with `lazy` alone, a failure is not for ever. */
export function later(load: Load): ComponentType {
  const begin = () => lazy(() => loaded(load, () => (Now = begin())))
  let Now = begin()
  return function Later() {
    return <Now />
  }
}

async function loaded(load: Load, forget: () => void) {
  try {
    return await withStyles(load)
  } catch {
    if (!(await reachable())) throw new NotLoaded(forget)
    // The connection is back already; or the site is a newer one by now, without this file, and has to be loaded anew.
    return await withStyles(load)
  }
}

/** The bundler puts each stylesheet on the page once, and takes one that did not come for one that is there. */
async function withStyles(load: Load) {
  await Promise.all([...document.querySelectorAll(`link[${LOST}]`)].map(again))
  return load()
}

const LOST = 'data-lost'

function again(link: Element): Promise<unknown> {
  const fresh = link.cloneNode() as Element
  fresh.removeAttribute(LOST)
  const settled = new Promise((done, failed) => {
    fresh.addEventListener('load', done)
    fresh.addEventListener('error', failed)
  })
  link.replaceWith(fresh)
  return settled
}

/** Mark the stylesheets that do not come. To be called before any page is drawn. */
export function watchStyles(): void {
  const mark = ({ target }: Event) => {
    if (target instanceof HTMLLinkElement) target.toggleAttribute(LOST, target.rel === 'stylesheet')
  }
  // Such an event does not bubble.
  window.addEventListener('error', mark, { capture: true })
}

/** Whether the server answers at all. */
async function reachable(): Promise<boolean> {
  try {
    return (await fetch('/icon.svg', { cache: 'no-store' })).ok
  } catch {
    return false
  }
}
