import { CaughtupError, type Limits } from '@caughtup/schema'

/** Reads of one principal that wait for a slot; beyond that they are refused. */
const mostWaiting = 1_000

interface Slots {
  taken: number
  /** By the connection that they came by, in the order in which they came. */
  readonly waiting: Map<object, Set<() => void>>
}

/**
 * How many pages and lists of one principal are read, or wait to be taken by its clients, at once:
 * `limits.readsPerPrincipal`. Others of the same principal wait for their turn, its connections in
 * rotation, and so the bytes that are held for it have a bound, over all of its connections.
 */
export class ReadSlots {
  readonly #most: number
  /** Of principals who read at this moment. */
  readonly #slots = new Map<string, Slots>()

  constructor({ readsPerPrincipal }: Pick<Limits, 'readsPerPrincipal'>) {
    this.#most = readsPerPrincipal
  }

  /**
   * Waits for a slot; what it returns gives it back, once.
   *
   * @param connection - the same object for all calls of one connection
   * @throws CaughtupError `LIMIT_EXCEEDED`; the signal's reason
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
      // A read takes the event loop for a while: between two of them others get their turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
    let isHeld = true
    return () => {
      if (isHeld) this.#release(principal, slots)
      isHeld = false
    }
  }

  /** Resolves when a slot was handed over. */
  #wait({ waiting }: Slots, connection: object, signal: AbortSignal | undefined): Promise<void> {
    let count = 0
    for (const { size } of waiting.values()) count += size
    if (count >= mostWaiting) {
      throw new CaughtupError(
        'LIMIT_EXCEEDED',
        `${mostWaiting} reads wait for others of the same principal (readsPerPrincipal).`,
        { limit: this.#most, retryAfter: 1_000 },
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
