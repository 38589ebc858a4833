import { CaughtupError, type Limits } from '@caughtup/schema'

import { retryAfter } from '../errors/call-errors.ts'

/**
 * Most reads of one principal that wait for a slot; further ones are refused. A waiting read holds only
 * its input, and no client that reads its answers comes near this number.
 */
const mostWaiting = 1_000

interface Slots {
  taken: number
  /** By connection, in the order of arrival. */
  readonly waiting: Map<object, Set<() => void>>
}

/**
 * Limits how many pages, lists and searches of one principal are being read, or wait for their clients to take
 * them, to `limits.readsPerPrincipal`. Further reads wait for a slot; connections of the principal take
 * turns. This bounds the memory that one principal can occupy over all of its connections.
 */
export class ReadSlots {
  readonly #most: number
  /** Only of principals who are reading. */
  readonly #slots = new Map<string, Slots>()

  constructor({ readsPerPrincipal }: Pick<Limits, 'readsPerPrincipal'>) {
    this.#most = readsPerPrincipal
  }

  /**
   * Waits for a slot. Returns a function that releases it; calling that twice is harmless.
   *
   * @param connection - the same object for all calls of one connection
   * @throws CaughtupError `LIMIT_EXCEEDED`, or the signal's reason
   */
  async take(
    principal: string,
    connection: object,
    signal: AbortSignal | undefined,
  ): Promise<() => void> {
    signal?.throwIfAborted()
    const slots = this.#slots.get(principal) ?? { taken: 0, waiting: new Map() }
    this.#slots.set(principal, slots)
    if (slots.taken < this.#most) slots.taken++
    else {
      await this.#wait(slots, connection, signal)
      // A read blocks the event loop for a while, so others get a turn between two of them.
      await new Promise((resolve) => setImmediate(resolve))
    }
    let isHeld = true
    return () => {
      if (isHeld) this.#release(principal, slots)
      isHeld = false
    }
  }

  /** Resolves when another read hands over its slot. */
  #wait({ waiting }: Slots, connection: object, signal: AbortSignal | undefined): Promise<void> {
    let count = 0
    for (const { size } of waiting.values()) count += size
    if (count >= mostWaiting) {
      throw new CaughtupError(
        'LIMIT_EXCEEDED',
        `${mostWaiting} reads of this principal are already waiting (readsPerPrincipal).`,
        { limit: this.#most, retryAfter },
      )
    }
    const queue = waiting.get(connection) ?? new Set()
    waiting.set(connection, queue)
    return new Promise((resolve, reject) => {
      const leave = () => {
        queue.delete(enter)
        if (queue.size === 0) waiting.delete(connection)
        reject(signal?.reason)
      }
      const enter = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      queue.add(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  #release(principal: string, slots: Slots): void {
    const [next] = slots.waiting
    if (next) {
      const [connection, queue] = next
      const [enter] = queue
      slots.waiting.delete(connection)
      if (enter) queue.delete(enter)
      if (queue.size > 0) slots.waiting.set(connection, queue)
      enter?.()
    } else if (--slots.taken === 0) {
      this.#slots.delete(principal)
    }
  }
}
