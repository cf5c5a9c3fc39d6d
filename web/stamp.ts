import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const TOP = [
  'index.html',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vite.config.ts',
  'stamp.ts',
]
const FOLDERS = ['src', 'public']

/**
 * SHA-256 over everything that the build is made from, the same as `skyform.server.pages.sources_stamp` computes in Python: for each
 * file in the order of its name, the name, a NUL, the SHA-256 of its bytes in hexadecimal, a newline. Tests are left out.
 */
export function sourcesStamp(root: string): string {
  const names = [...TOP]
  for (const folder of FOLDERS) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.includes('.test.')) continue
      names.push(join(entry.parentPath, entry.name).slice(root.length + 1))
    }
  }
  const all = createHash('sha256')
  for (const name of names.sort()) {
    const one = createHash('sha256')
      .update(readFileSync(join(root, name)))
      .digest('hex')
    all.update(`${name}\0${one}\n`)
  }
  return all.digest('hex')
}
