import { type Clock, background } from '@caughtup/schema/clock'

import type { StoredState } from '../port/reading.ts'
import type { Storage } from '../port/storage.ts'

/** Most sessions whose states are kept for `keptMs`, with what was read of them. */
const keptStates = 100
/** In ms: long enough for all clients that return after a broken connection or a restart. */
const keptMs = 1_000

/**
 * The states of the sessions that are read now. Each call reads the state, which is cheap, but while
 * a session is unchanged all callers get the same object. What they read under it can be shared; see
 * `SharedReads`. So a change is never missed, whichever process makes it.
 */
export class CurrentStates {
  readonly #storage: Pick<Storage, 'state'>
  readonly #clock: Clock
  readonly #states = new Map<string, StoredState>()
  #cancelDrop: (() => void) | undefined

  constructor(storage: Pick<Storage, 'state'>, clock: Clock) {
    this.#storage = storage
    this.#clock = background(clock)
  }

  /** @throws CaughtupError `NOT_FOUND` */
  async of(sessionId: string): Promise<StoredState> {
    const state = await this.#storage.state(sessionId)
    const known = this.#states.get(sessionId)
    if (known && isSame(known, state)) return known
    if (this.#states.size >= keptStates) this.#states.clear()
    this.#states.set(sessionId, state)
    this.#cancelDrop ??= this.#clock.after(keptMs, () => this.drop())
    return state
  }

  /** Keeps no state any longer, so that the memory of what was read under them is free. */
  drop(): void {
    this.#cancelDrop?.()
    this.#cancelDrop = undefined
    this.#states.clear()
  }
}

/** Whether every read has the same result: what a session holds follows from its journal. */
function isSame({ cursor: a, floor }: StoredState, { cursor: b, floor: other }: StoredState) {
  return a.seq === b.seq && a.tag === b.tag && a.journal === b.journal && floor === other
}
