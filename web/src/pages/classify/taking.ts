import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { fetched, sendJob } from '../../api/pictures'
import { type Given, type Picture, useHand } from '../../lib/hand'

// More pictures than that, or an archive, are a job: it goes on when the page is closed.
const FEW = 12

/** What the classify page finds in the entry of the browser's history. */
export interface InHand {
  pictures: string[]
}

/** Take pictures in, however they came, and go to where they are answered. */
export function useTaking() {
  const hand = useHand()
  const navigate = useNavigate()
  const job = useMutation({
    mutationFn: sendJob,
    onSuccess: ({ id }) => navigate(`/jobs/${id}`),
  })
  const address = useMutation({
    mutationFn: async (url: string): Promise<Given> => ({
      file: await fetched(url),
      name: nameIn(url),
    }),
    onSuccess: (given) => take([given]),
  })
  const take = (given: readonly Given[]) => {
    job.reset()
    if (given.length === 0) return
    if (given.length > FEW || given.some(isArchive)) job.mutate([...given])
    else show(hand.hold(given))
  }
  const show = (pictures: readonly Picture[]) => {
    const state: InHand = { pictures: pictures.map((p) => p.id) }
    void navigate('/classify', { state })
  }
  return { take, job, address }
}

export const asGiven = (file: File): Given => ({ file, name: file.name || 'pasted.png' })

function isArchive({ name, file }: Given): boolean {
  return /\.zip$/i.test(name) || file.type === 'application/zip'
}

/** Whether a text is an address of the web. */
export const isAddress = (text: string): boolean => /^https?:\/\/\S+$/i.test(text)

/** The file's name in an address, for display. */
export function nameIn(url: string): string {
  try {
    const { pathname, hostname } = new URL(url)
    return decodeURIComponent(pathname.split('/').at(-1) ?? '') || hostname
  } catch {
    return url
  }
}
