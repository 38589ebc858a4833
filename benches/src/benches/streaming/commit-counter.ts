import { closeSync, openSync, readSync } from 'node:fs'

/**
 * Counts the transactions that wrote to a database in WAL mode, whoever made them and however: the
 * field `iChange` of the WAL index (https://sqlite.org/walformat.html), which each commit raises.
 *
 * To be disposed of after the database is closed: closing any file descriptor of the index takes
 * this process's locks on it away.
 */
export class CommitCounter implements Disposable {
  readonly #index: number
  readonly #field = new Uint32Array(1)

  /** `file` is open and was read from, so that its index is there. */
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
