import { closeSync, openSync, readSync } from 'node:fs'

/**
 * Counts all transactions that wrote to a database in WAL mode, by the field `iChange` of the WAL
 * index (https://sqlite.org/walformat.html), which each commit raises.
 *
 * Dispose of it after the database is closed: closing any file descriptor of the index releases this
 * process's locks on it.
 */
export class CommitCounter implements Disposable {
  readonly #index: number
  readonly #field = new Uint32Array(1)

  /** `file` must be open and must have been read, so that its index exists. */
  constructor(file: string) {
    this.#index = openSync(`${file}-shm`, 'r')
  }

  read(): number {
    readSync(this.#index, this.#field, 0, 4, 8)
    return this.#field[0] ?? 0
  }

  [Symbol.dispose](): void {
    closeSync(this.#index)
  }
}
