import { type Classification, type Schemas, send } from './client'

/** How a picture is to be looked at, where the visitor changed it. */
export interface View {
  /** The square to classify, in pixels of the picture, instead of the object that is found. */
  crop?: Square
  /** For measurements (FITS): what becomes black and white, and how much faint light is lifted. */
  stretch?: Stretch
}

export interface Square {
  x: number
  y: number
  side: number
}

export interface Stretch {
  low: number
  high: number
  softening: number
}

export type Format = 'json' | 'csv' | 'fits' | 'png'

/** A picture for the server, with its name. */
export interface Parcel {
  file: Blob
  name: string
}

/** Classify a picture; nothing of it is kept. `evidenceOf` is an answer or kind; the decisive one by default. */
export async function classify(
  parcel: Parcel,
  {
    view,
    evidenceOf = '',
    details = false,
  }: { view: View; evidenceOf?: string; details?: boolean },
  signal?: AbortSignal,
): Promise<Classification> {
  const query = viewQuery(view)
  query.set('evidence', 'true')
  if (evidenceOf) query.set('evidence_of', evidenceOf)
  if (details) query.set('details', 'true')
  const response = await post(`/api/v1/classify?${query}`, parcel, signal)
  return (await response.json()) as Classification
}

/** The picture as the server reads it, as a `data:` address: for formats that browsers do not show. */
export async function preview(
  parcel: Parcel,
  { view }: { view: View },
  signal?: AbortSignal,
): Promise<string> {
  const query = viewQuery(view.stretch ? { stretch: view.stretch } : {})
  const response = await post(`/api/v1/preview?${query}`, parcel, signal)
  return asAddress(await response.blob())
}

/** Classify a picture and keep it with its answer. */
export async function keep(parcel: Parcel, { view }: { view: View }) {
  const response = await post(`/api/v1/results?${viewQuery(view)}`, parcel)
  return (await response.json()) as Schemas['ResultDetail']
}

/** The answer as a file. */
export async function exported(parcel: Parcel, { view, format }: { view: View; format: Format }) {
  const query = viewQuery(view)
  query.set('format', format)
  return (await post(`/api/v1/export?${query}`, parcel)).blob()
}

/** A picture from the web, fetched by the server. */
export async function fetched(url: string): Promise<Blob> {
  const response = await send('/api/v1/fetch', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ url }),
  })
  return response.blob()
}

/** Many pictures at once, as a job. */
export async function sendJob(parcels: readonly Parcel[]): Promise<Schemas['Job']> {
  const form = new FormData()
  for (const { file, name } of parcels) form.append('files', file, name)
  const response = await send('/api/v1/jobs', { method: 'POST', body: form })
  return (await response.json()) as Schemas['Job']
}

function post(path: string, { file, name }: Parcel, signal?: AbortSignal): Promise<Response> {
  const form = new FormData()
  form.append('file', file, name)
  return send(path, { method: 'POST', body: form, ...(signal && { signal }) })
}

function viewQuery({ crop, stretch }: View): URLSearchParams {
  const query = new URLSearchParams()
  if (crop) query.set('crop', [crop.x, crop.y, crop.side].map((n) => n.toFixed(2)).join(','))
  if (stretch) {
    for (const [name, value] of Object.entries(stretch)) query.set(name, String(value))
  }
  return query
}

function asAddress(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(typeof reader.result === 'string' ? reader.result : '')
    reader.onerror = () => reject(new Error('The picture cannot be read.'))
    reader.readAsDataURL(blob)
  })
}
