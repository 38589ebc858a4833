import { CaughtupError } from '@caughtup/schema'
import { background } from '@caughtup/schema/clock'

import { shuttingDown } from '../errors/call-errors.ts'
import type { Settings } from '../host/server-options.ts'
import { ClientStream, type ClientStreamOptions } from './client-stream.ts'

/** Checks for stuck streams per `stuckAfter`: a stuck one is closed at most a quarter late. */
const sweepsPerStuck = 4

export type StreamKind = 'chat' | 'activity'

interface Entry {
  kind: StreamKind
  principal: string
  streamId: string | undefined
  stream: Pick<ClientStream<unknown>, 'unreadFor' | 'end' | 'return'>
}

/**
 * The open streams of this process. A principal may have `limits.streamsPerPrincipal`; one more closes
 * the stream that has been unread longest, if any is unread.
 */
export class StreamRegistry {
  readonly #settings: Settings
  /** In the order of opening. */
  readonly #open = new Set<Entry>()
  #cancelSweep: (() => void) | undefined
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** @throws CaughtupError `LIMIT_EXCEEDED` with `retryAfter`, `UNAVAILABLE` after `endAll` */
  open<T>(
    owner: { kind: StreamKind; principal: string; streamId?: string | undefined },
    source: Pick<ClientStreamOptions<T>, 'frames' | 'signal'>,
  ): ClientStream<T> {
    if (this.#closed) throw shuttingDown()
    const { kind, principal, streamId } = owner
    this.#replace(principal, streamId)
    this.#makeRoom(principal)
    const { store, heartbeat } = this.#settings
    const stream = new ClientStream<T>({
      ...source,
      clock: store.clock,
      heartbeat,
      onClose: () => void this.#open.delete(entry),
    })
    const entry: Entry = { kind, principal, streamId, stream }
    this.#open.add(entry)
    this.#sweepLater()
    return stream
  }

  count(kind: StreamKind): number {
    return [...this.#open].filter((entry) => entry.kind === kind).length
  }

  /** Ends every stream with `shutting-down`; each closes once its client has read that. */
  endAll(): void {
    this.#closed = true
    this.#cancelSweep?.()
    for (const { stream } of this.#open) stream.end('shutting-down')
  }

  #replace(principal: string, streamId: string | undefined): void {
    if (streamId === undefined) return
    for (const entry of this.#open) {
      if (entry.principal !== principal || entry.streamId !== streamId) continue
      // It stops counting at once: its connection may have been dead for long.
      this.#open.delete(entry)
      entry.stream.end('replaced')
    }
  }

  #makeRoom(principal: string): void {
    const { limits, heartbeat } = this.#settings
    const own = [...this.#open].filter((entry) => entry.principal === principal)
    if (own.length < limits.streamsPerPrincipal) return
    const [stalled] = own
      .filter(({ stream }) => stream.unreadFor >= heartbeat)
      .toSorted((a, b) => b.stream.unreadFor - a.stream.unreadFor)
    if (!stalled) {
      throw new CaughtupError(
        'LIMIT_EXCEEDED',
        `${limits.streamsPerPrincipal} streams are open already, and clients read all of them (streamsPerPrincipal).`,
        { limit: limits.streamsPerPrincipal, retryAfter: heartbeat },
      )
    }
    this.#close(stalled)
  }

  #sweepLater(): void {
    const { store, stuckAfter } = this.#settings
    this.#cancelSweep ??= background(store.clock).after(stuckAfter / sweepsPerStuck, () => {
      this.#cancelSweep = undefined
      for (const entry of this.#open) if (entry.stream.unreadFor >= stuckAfter) this.#close(entry)
      if (this.#open.size > 0) this.#sweepLater()
    })
  }

  #close({ kind, stream }: Entry): void {
    stream
      .return()
      .catch((error: unknown) => this.#settings.onError(error, `closing a ${kind} stream`))
  }
}
