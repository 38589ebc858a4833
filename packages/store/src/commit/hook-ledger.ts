import { isForHooks } from '../core/owed.ts'
import type { SliceResult } from '../port/commit.ts'
import type { OwedCall, OwedCalls } from '../port/owed.ts'

/** The calls of hooks that are owed, for what makes them. Nothing is owed until somebody listens. */
export class HookLedger implements OwedCalls {
  readonly #calls: OwedCalls
  readonly #listeners = new Set<() => void>()
  #owes = false

  constructor(calls: OwedCalls) {
    this.#calls = calls
  }

  /** Whether commits write what they owe. */
  get owes(): boolean {
    return this.#owes
  }

  /**
   * From now on, until the store closes, each commit in which a run ends or begins to wait owes a call.
   * The listener is called after these commits, until the returned function is called.
   */
  listen(listener: () => void): () => void {
    this.#owes = true
    const own = () => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  /** To be called after each commit. */
  committed(result: SliceResult): void {
    if (!this.#owes || result.refused !== undefined || !result.events.some(isForHooks)) return
    for (const listener of this.#listeners) listener()
  }

  /** See {@link OwedCalls.list}. */
  list(limit: number): Promise<OwedCall[]> {
    return this.#calls.list(limit)
  }

  /** See {@link OwedCalls.holders}. */
  holders(): Promise<{ process: string; beats: number }[]> {
    return this.#calls.holders()
  }

  /** See {@link OwedCalls.take}. */
  take(process: string): Promise<void> {
    return this.#calls.take(process)
  }

  /** See {@link OwedCalls.postpone}. */
  postpone(id: string, due: number): Promise<void> {
    return this.#calls.postpone(id, due)
  }

  /** See {@link OwedCalls.settle}. */
  settle(id: string): Promise<void> {
    return this.#calls.settle(id)
  }
}
