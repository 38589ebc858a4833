import { statSync } from 'node:fs'
import path from 'node:path'

import { StorageError } from '../storage.ts'

/** A SQLite file with less than its header has been cut off. */
const headerBytes = 100

/** The files of a database in WAL mode, behind its path. */
const suffixes = ['', '-wal', '-shm'] as const

/**
 * The files that were opened, so that it shows when others are at their place: SQLite goes on to
 * write into a file that was deleted, and says that all is well.
 */
export class FileIdentity {
  readonly #path: string
  readonly #opened: readonly (string | undefined)[]

  constructor(file: string) {
    // The process may change its folder.
    this.#path = path.resolve(file)
    this.#opened = suffixes.map((suffix) => identityOf(this.#path + suffix)?.identity)
  }

  /** @throws StorageError `moved` when a file is missing, is another one, or was emptied */
  assertInPlace(): void {
    suffixes.forEach((suffix, index) => {
      const opened = this.#opened[index]
      if (opened === undefined) return
      const file = this.#path + suffix
      const found = identityOf(file)
      if (found?.identity !== opened) {
        throw moved(file, found ? 'was replaced by another file' : 'was deleted or moved away')
      }
      if (suffix === '' && found.size < headerBytes) throw moved(file, 'was emptied')
    })
  }
}

function identityOf(file: string): { identity: string; size: bigint } | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat && { identity: `${stat.dev} ${stat.ino}`, size: stat.size }
}

function moved(file: string, what: string): StorageError {
  return new StorageError(
    'moved',
    `${file} ${what} while it was open. Nothing is written until it is back; else stop every process ` +
      'that uses the database, restore it from a backup, and start again.',
  )
}
