import type { Bus, CommittedBatch } from '../port/bus.ts'
import { CollectedChanges } from './collected-changes.ts'

/** The bus of one opening of a database that several have open in this process. */
export class InProcessBus implements Bus {
  readonly #all: Set<InProcessBus>
  readonly #collected = new CollectedChanges()
  readonly #listeners = new Set<(note: string) => void>()

  /** `all` are those of the same database. */
  constructor(all: Set<InProcessBus>) {
    this.#all = all
    all.add(this)
  }

  announce(sessionIds: readonly string[], { members }: { members: boolean }): void {
    for (const other of this.#others()) {
      other.#collected.notice(sessionIds, members ? sessionIds : [])
    }
  }

  committed(batches: readonly CommittedBatch[]): void {
    for (const other of this.#others()) {
      for (const batch of batches) other.#collected.noticeBatch(batch)
    }
  }

  doubt(): void {
    this.#collected.noticeAll()
  }

  send(note: string): boolean {
    for (const other of this.#others()) {
      for (const listener of other.#listeners) listener(note)
    }
    return this.#all.has(this)
  }

  listen(listener: (note: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  next(signal: AbortSignal) {
    return this.#collected.next(signal)
  }

  async close(): Promise<void> {
    this.#all.delete(this)
    this.#collected.close()
  }

  /** None once this is closed. */
  #others(): InProcessBus[] {
    return this.#all.has(this) ? [...this.#all].filter((each) => each !== this) : []
  }
}
