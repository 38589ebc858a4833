import { Buffer } from 'node:buffer'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import path from 'node:path'

import { StorageError } from '../../../port/storage-error.ts'

/** Bytes at the beginning of a SQLite file that say how large it is (https://sqlite.org/fileformat.html). */
const headerBytes = 32

/** What a database in WAL mode appends to its path to name its files. */
const suffixes = ['', '-wal', '-shm'] as const

/**
 * Remembers which files were opened, to notice when they are deleted or replaced. SQLite would keep
 * writing into a deleted file without an error.
 */
export class FileIdentity {
  readonly #path: string
  readonly #opened: readonly (string | undefined)[]
  /** Bytes of the database file when it was last known to be complete. */
  #size: number

  constructor(file: string) {
    // A relative path would change its meaning with the process's working directory.
    this.#path = path.resolve(file)
    this.#opened = suffixes.map((suffix) => identityOf(this.#path + suffix)?.identity)
    this.#size = Number(identityOf(this.#path)?.size ?? 0)
  }

  /** @throws StorageError `moved` when a file is missing, is another one, or was cut off */
  assertInPlace(): void {
    suffixes.forEach((suffix, index) => {
      const opened = this.#opened[index]
      if (opened === undefined) return
      const file = this.#path + suffix
      const found = identityOf(file)
      if (found?.identity !== opened) {
        throw moved(file, found ? 'was replaced by another file' : 'was deleted or moved away')
      }
      if (suffix === '') this.#assertWhole(file, Number(found.size))
    })
  }

  /** When SQLite itself shrinks a file, it first writes the new size into the header. */
  #assertWhole(file: string, size: number): void {
    if (size < this.#size && size < sizeInHeader(file)) {
      throw moved(file, size === 0 ? 'was emptied' : 'was cut off')
    }
    this.#size = size
  }
}

/** The size that the file's header states, in bytes; infinite if there is no header. */
function sizeInHeader(file: string): number {
  const header = Buffer.alloc(headerBytes)
  const descriptor = openSync(file, 'r')
  try {
    if (readSync(descriptor, header, 0, headerBytes, 0) < headerBytes) return Infinity
  } finally {
    closeSync(descriptor)
  }
  const pageSize = header.readUInt16BE(16)
  return (pageSize === 1 ? 65_536 : pageSize) * header.readUInt32BE(28)
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
