import { CaughtupError } from '@caughtup/schema/error'

import { speaksHttp1 } from './http-version.ts'

/** Of a browser's six connections to an origin over HTTP/1.1, two remain for calls and page loads. */
const slotCount = 4

/**
 * The streams that all tabs of an origin may have over HTTP/1.1. Each needs one of four Web Locks, which
 * the browser frees also when a tab dies.
 */
export class StreamSlots {
  readonly #locks: Pick<LockManager, 'request'>
  readonly #names: readonly string[]

  /** @param origin of the server */
  constructor(locks: Pick<LockManager, 'request'>, origin: string) {
    this.#locks = locks
    this.#names = Array.from({ length: slotCount }, (_, index) => `caughtup-sse-${index} ${origin}`)
  }

  /** Occupies a slot until the signal aborts. Returns false if none is free. */
  async take(signal: AbortSignal): Promise<boolean> {
    for (const name of this.#names) if (await this.#takeIfFree(name, signal)) return true
    return false
  }

  /**
   * Occupies the next slot that another stream leaves, until the signal aborts.
   *
   * @throws the signal's reason if it aborts before
   */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const taken = new AbortController()
      const waiting = AbortSignal.any([signal, taken.signal])
      const occupy = () => {
        // Another slot was given in the same moment.
        if (waiting.aborted) return undefined
        taken.abort()
        resolve()
        return ended(signal)
      }
      for (const name of this.#names) {
        this.#locks.request(name, { signal: waiting }, occupy).catch((error: unknown) => {
          if (!taken.signal.aborted) reject(error)
        })
      }
    })
  }

  #takeIfFree(name: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const occupy = (lock: Lock | null) => {
        resolve(lock !== null)
        return lock ? ended(signal) : undefined
      }
      // A page that may not use locks (in a sandbox, for instance) is not limited by them.
      this.#locks.request(name, { ifAvailable: true }, occupy).catch(() => resolve(true))
    })
  }
}

/** The slots of streams from this address; nothing where the browser does not limit them, or has no locks. */
export function slotsOf(endpoint: URL): StreamSlots | undefined {
  // Node has locks too, and no limit. It has no location, and a worker has one.
  const isBrowser = typeof location !== 'undefined' && 'locks' in navigator
  return isBrowser && speaksHttp1(endpoint)
    ? new StreamSlots(navigator.locks, endpoint.origin)
    : undefined
}

/** Why a stream waits: all slots are taken. */
export function noSlot(): CaughtupError {
  const message =
    `All ${slotCount} streams that the browser's tabs may have over HTTP/1.1 are taken: ` +
    'close a tab, or use HTTP/2 or a WebSocket.'
  const data = { field: 'streams', limit: slotCount, reason: 'too-many-tabs' }
  return new CaughtupError('LIMIT_EXCEEDED', message, data)
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
