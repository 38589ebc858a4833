import { CaughtupError, type Limits } from '@caughtup/schema'

/** Reads of one principal that wait for a slot; beyond that they are refused. */
const mostWaiting = 1_000

interface Slots {
  taken: number
  /** In the order in which they came. */
  readonly waiting: Set<() => void>
}

/**
 * How many pages and lists of one principal are read, or wait to be taken by its clients, at once:
 * `limits.readsPerPrincipal`. Others of the same principal wait for their turn, and so the bytes
 * that are held for it have a bound, over all of its connections.
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
   * @throws CaughtupError `LIMIT_EXCEEDED`; the signal's reason
   */
  async take(principal: string, signal: AbortSignal | undefined): Promise<() => void> {
    signal?.throwIfAborted()
    const slots = this.#slots.get(principal) ?? { taken: 0, waiting: new Set() }
    this.#slots.set(principal, slots)
    if (slots.taken < this.#most) slots.taken++
    else await this.#wait(slots, signal)
    let isHeld = true
    return () => {
      if (isHeld) this.#release(principal, slots)
      isHeld = false
    }
  }

  /** Resolves when a slot was handed over. */
  #wait({ waiting }: Slots, signal: AbortSignal | undefined): Promise<void> {
    if (waiting.size >= mostWaiting) {
      throw new CaughtupError(
        'LIMIT_EXCEEDED',
        `${mostWaiting} reads wait for others of the same principal (readsPerPrincipal).`,
        { limit: this.#most, retryAfter: 1_000 },
      )
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(enter)
        reject(signal?.reason)
      }
      const enter = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      waiting.add(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  #release(principal: string, slots: Slots): void {
    const [next] = slots.waiting
    if (next) {
      slots.waiting.delete(next)
      next()
    } else if (--slots.taken === 0) {
      this.#slots.delete(principal)
    }
  }
}
