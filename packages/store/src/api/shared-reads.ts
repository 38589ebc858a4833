import type { StoredState } from '../port/reading.ts'

/** Most reads that are kept for one state: those of the clients that returned last. */
const keptReads = 64

/**
 * Lets callers that read the same of a session share one result, also while it is being read, as
 * long as `CurrentStates` gives them the same state.
 */
export class SharedReads<T> {
  readonly #reads = new WeakMap<StoredState, Map<string, Promise<T>>>()

  /** Returns what was read under this state and key, or else reads it. */
  read(state: StoredState, key: string, load: () => Promise<T>): Promise<T> {
    const reads = this.#reads.get(state) ?? new Map<string, Promise<T>>()
    this.#reads.set(state, reads)
    const shared = reads.get(key)
    if (shared) return shared
    const value = load()
    reads.set(key, value)
    // The current callers of a failed read get its error; a later one tries again.
    value.catch(() => reads.delete(key))
    const [oldest] = reads.keys()
    if (reads.size > keptReads && oldest !== undefined) reads.delete(oldest)
    return value
  }
}
