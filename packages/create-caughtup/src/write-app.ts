import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import type { AppFiles } from './app-files.ts'
import { UsageError } from './usage-error.ts'

/** What may be in a folder that counts as empty. */
const ignored = new Set(['.git', '.DS_Store'])

/** @throws UsageError if there is something in the folder, or it is a file */
export function assertEmpty(folder: string): void {
  if (!existsSync(folder)) return
  const inside = readFolder(folder).filter((name) => !ignored.has(name))
  if (inside.length === 0) return
  const some = inside.slice(0, 3).join(', ')
  const more = inside.length > 3 ? ` and ${inside.length - 3} more` : ''
  throw new UsageError(`${folder} is not empty: it has ${some}${more}. Nothing was changed.`)
}

/** Writes all files into an empty folder, or none: what a failure leaves behind is removed. */
export function writeApp(folder: string, files: AppFiles): void {
  // The first folder that had to be made.
  const made = mkdirSync(folder, { recursive: true })
  const begun = new Set<string>()
  try {
    for (const [place, bytes] of files) {
      const [top = place] = place.split('/', 1)
      begun.add(top)
      const file = path.join(folder, place)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, bytes, { flag: 'wx' })
    }
  } catch (error) {
    const remains = made === undefined ? [...begun].map((name) => path.join(folder, name)) : [made]
    for (const one of remains) rmSync(one, { recursive: true, force: true })
    throw error
  }
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    throw new UsageError(`${folder} is not a folder.`, { cause: error })
  }
}
