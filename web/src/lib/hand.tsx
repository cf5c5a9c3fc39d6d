import { createContext, type ReactNode, useContext, useState } from 'react'

/** A picture that the visitor gave, as long as the page is open. */
export interface Picture {
  id: string
  file: Blob
  name: string
  /** An address of it for this page. */
  url: string
  /** Who took it, for a sample. */
  credit?: { credit: string; licence: string }
}

export type Given = Pick<Picture, 'file' | 'name' | 'credit'>

// More than one sitting needs; older ones are let go, so that memory stays bounded.
const MOST = 60

/** The pictures in hand. Entries of the browser's history name them by id, so that going back finds them again. */
export class Hand {
  readonly #pictures = new Map<string, Picture>()
  // Another one after each loading of the page: the browser's history remembers the ids of those before. (randomUUID needs HTTPS.)
  readonly #sitting = Date.now().toString(36)
  #count = 0

  hold(given: readonly Given[]): Picture[] {
    const pictures = given.map((g) => ({
      ...g,
      id: `${this.#sitting}-${++this.#count}`,
      url: URL.createObjectURL(g.file),
    }))
    for (const picture of pictures) this.#pictures.set(picture.id, picture)
    for (const id of [...this.#pictures.keys()].slice(0, -MOST)) this.#drop(id)
    return pictures
  }

  find(id: string): Picture | undefined {
    return this.#pictures.get(id)
  }

  #drop(id: string): void {
    URL.revokeObjectURL(this.#pictures.get(id)?.url ?? '')
    this.#pictures.delete(id)
  }
}

const HandContext = createContext<Hand | null>(null)

export function HandProvider({ children }: { children: ReactNode }) {
  const [hand] = useState(() => new Hand())
  return <HandContext value={hand}>{children}</HandContext>
}

export function useHand(): Hand {
  const hand = useContext(HandContext)
  if (!hand) throw new Error('useHand needs a HandProvider around it')
  return hand
}
