import { abortable } from '@caughtup/schema/abortable'

import type { RemoteChanges } from '../../port/change-feed.ts'
import { StorageError } from '../../port/storage-error.ts'

/** Sessions that are told apart; where more changed between two calls, all are said to have. */
const namedSessions = 10_000

/** One opening of the database: who writes, and what the others wrote since it last asked. */
export class Opening {
  readonly process: string
  /** What its entries' cursors carry. */
  readonly tag: string
  #changed: Set<string> | 'all' | undefined
  #bell = Promise.withResolvers<void>()
  #closed = false

  constructor({ process, tag }: { process: string; tag: string }) {
    this.process = process
    this.tag = tag
  }

  /** To be called for what another opening wrote. */
  notice(sessionId: string): void {
    this.#changed ??= new Set()
    if (this.#changed === 'all') return
    this.#changed.add(sessionId)
    if (this.#changed.size > namedSessions) this.#changed = 'all'
    this.#ring()
  }

  async changed(signal: AbortSignal): Promise<RemoteChanges> {
    for (;;) {
      signal.throwIfAborted()
      this.assertOpen()
      const sessions = this.#changed
      this.#changed = undefined
      if (sessions) return { sessions }
      await abortable(this.#bell.promise, signal)
    }
  }

  /** @throws StorageError `closed` */
  assertOpen(): void {
    if (this.#closed) throw new StorageError('closed', 'The database is closed.')
  }

  close(): void {
    this.#closed = true
    this.#ring()
  }

  #ring(): void {
    this.#bell.resolve()
    this.#bell = Promise.withResolvers()
  }
}
