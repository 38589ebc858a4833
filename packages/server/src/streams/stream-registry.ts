import { CaughtupError } from '@caughtup/schema'
import { background } from '@caughtup/schema/clock'

import { ClientStream, type ClientStreamOptions } from './client-stream.ts'
import type { Settings } from '../host/options.ts'
import { shuttingDown } from '../errors/call-errors.ts'

export type StreamKind = 'chat' | 'activity'

interface Entry {
  kind: StreamKind
  principal: string
  streamId: string | undefined
  stream: Pick<ClientStream<unknown>, 'unreadFor' | 'end' | 'return'>
}

/**
 * The open streams of this process. A principal has at most `limits.streamsPerPrincipal`: when
 * they are all taken, the one that was left unread longest gives way, if any was.
 */
export class StreamRegistry {
  readonly #settings: Settings
  /** In the order in which they were opened. */
  readonly #open = new Set<Entry>()
  #cancelSweep: (() => void) | undefined
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** @throws CaughtupError `LIMIT_EXCEEDED` with `retryAfter`, `UNAVAILABLE` once all are ended */
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

  /** Tells every client that the server goes; each stream is over when its client has read that. */
  endAll(): void {
    this.#closed = true
    this.#cancelSweep?.()
    for (const { stream } of this.#open) stream.end('shutting-down')
  }

  #replace(principal: string, streamId: string | undefined): void {
    if (streamId === undefined) return
    for (const entry of this.#open) {
      if (entry.principal !== principal || entry.streamId !== streamId) continue
      // It counts no more: its client may be a connection that is long dead.
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
        `${limits.streamsPerPrincipal} streams are open, and all of them are being read.`,
        { limit: limits.streamsPerPrincipal, retryAfter: heartbeat },
      )
    }
    this.#close(stalled)
  }

  #sweepLater(): void {
    const { store, stuckAfter } = this.#settings
    this.#cancelSweep ??= background(store.clock).after(stuckAfter / 4, () => {
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
