import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CaughtupError, preview } from '@caughtup/schema'

import { trackedFiles } from './tracked-files.ts'

/** Largest file to read, in bytes. Larger ones are only listed, and so are lock files. */
const mostBytes = 256 * 1024
const lockFile = /(^|\/)pnpm-lock\.yaml$/
/** Files read at the same time, so that a large repository does not use up file handles. */
const readers = 16

/**
 * The project's files as they were when it was opened. No other file can be read through it: paths
 * are looked up among these and never reach the file system.
 */
export class Repository {
  /** Every tracked file, sorted. */
  readonly paths: readonly string[]
  readonly #texts: ReadonlyMap<string, string>

  private constructor(paths: readonly string[], texts: ReadonlyMap<string, string>) {
    this.paths = paths
    this.#texts = texts
  }

  static async open(root: string): Promise<Repository> {
    const paths = await trackedFiles(root)
    const texts = new Map<string, string>()
    const waiting = paths.values()
    const readNext = async () => {
      for (const path of waiting) {
        const text = lockFile.test(path) ? undefined : await readText(join(root, path))
        if (text !== undefined) texts.set(path, text)
      }
    }
    await Promise.all(Array.from({ length: readers }, readNext))
    return new Repository(paths, texts)
  }

  /** The readable files, sorted by path. */
  get texts(): { path: string; text: string }[] {
    return this.paths.flatMap((path) => {
      const text = this.#texts.get(path)
      return text === undefined ? [] : [{ path, text }]
    })
  }

  /** @throws CaughtupError `NOT_FOUND`; `TOO_LARGE` for a file that is too large or not text */
  text(path: string): string {
    const text = this.#texts.get(path)
    if (text !== undefined) return text
    const value = preview(path)
    if (!this.paths.includes(path)) {
      throw new CaughtupError('NOT_FOUND', `${value} is not a file of this repository.`, {
        field: 'path',
        value,
      })
    }
    throw new CaughtupError(
      'TOO_LARGE',
      `${value} is not a text file of at most ${mostBytes} bytes.`,
      {
        field: 'path',
        value,
        limit: mostBytes,
      },
    )
  }
}

/** `undefined` for a file that is binary, too large, gone, or a link (it may lead out of the repository). */
async function readText(file: string): Promise<string | undefined> {
  try {
    const stats = await lstat(file)
    if (!stats.isFile() || stats.size > mostBytes) return undefined
    const text = await readFile(file, 'utf8')
    return text.includes('\0') ? undefined : text
  } catch (error) {
    // Git still tracks it, but it was deleted or moved.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
