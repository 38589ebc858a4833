import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

/** A browser that does not open a database within this many ms does not open it at all. */
const openTimeout = 5_000

/** A database that is opened at its first use, and again after `close`. */
export class Database<Schema extends DBSchema> {
  readonly #name: string
  readonly #upgrade: (database: IDBPDatabase<Schema>) => void
  #opened: Promise<IDBPDatabase<Schema>> | undefined
  #error: Error | undefined

  constructor(name: string, upgrade: (database: IDBPDatabase<Schema>) => void) {
    this.#name = name
    this.#upgrade = upgrade
  }

  /** @throws if there is no IndexedDB, if it fails, and from then on if the database was deleted */
  async open(): Promise<IDBPDatabase<Schema>> {
    if (this.#error) throw this.#error
    this.#opened ??= this.#open()
    return this.#opened
  }

  close(): void {
    void this.#opened?.then(
      (database) => database.close(),
      () => 'told to those who opened it',
    )
    this.#opened = undefined
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      const fail = () => reject(new Error(`the database ${this.#name} was not opened in time`))
      timer = setTimeout(fail, openTimeout)
    })
    const opening = openDB<Schema>(this.#name, 1, {
      upgrade: this.#upgrade,
      // Another tab deletes it, or has a newer version; it must not have to wait.
      blocking: () => this.#lose(),
      terminated: () => this.#lose(),
    })
    try {
      return await Promise.race([opening, late])
    } catch (error) {
      // If it opens after all, it is not left open.
      opening.then(
        (database) => database.close(),
        () => 'told below',
      )
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #lose(): void {
    this.close()
    this.#error = new Error(`the database ${this.#name} was deleted or replaced`)
  }
}
