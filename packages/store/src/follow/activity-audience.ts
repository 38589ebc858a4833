import type { Clock } from '@caughtup/schema/clock'

import { Notifier, type Listener } from './notifier.ts'
import type { RemoteChanges } from '../port/change-feed.ts'
import type { Storage } from '../port/storage.ts'

/** Sessions whose members are remembered, a few MB; the members of others are read again. */
const rememberedSessions = 10_000
/**
 * Delay of a second look after a remote change, in ms: titles and read marks are not in the
 * journal, and may be written a moment later.
 */
const remoteDelay = 1_000

/**
 * The followers of session lists. A session's change wakes its members only; they are read from the
 * database once.
 */
export class ActivityAudience {
  readonly #storage: Pick<Storage, 'members'>
  readonly #clock: Clock
  readonly #notifier = new Notifier()
  /** Members by session, the oldest entry first. */
  readonly #members = new Map<string, readonly string[]>()
  readonly #asking = new Set<string>()
  #cancelLook: (() => void) | undefined

  constructor(storage: Pick<Storage, 'members'>, clock: Clock) {
    this.#storage = storage
    this.#clock = clock
  }

  listen(principal: string): Listener {
    return this.#notifier.listen(principal)
  }

  /** For a new session with all of its members. */
  created(sessionId: string, members: readonly string[]): void {
    this.#remember(sessionId, members)
    this.#notify(members)
  }

  changed(sessionId: string): void {
    if (!this.#notifier.hasAnyListener) return
    const members = this.#members.get(sessionId)
    if (members) this.#notify(members)
    else void this.#ask(sessionId)
  }

  /** For a change that only this principal sees, such as a read mark. */
  changedFor(principal: string): void {
    this.#notifier.notify(principal)
  }

  removed(sessionId: string, members: readonly string[]): void {
    this.#asking.delete(sessionId)
    this.#members.delete(sessionId)
    this.#notify(members)
  }

  changedElsewhere({ sessions }: RemoteChanges): void {
    // No session is named if only titles or marks changed.
    if (sessions === 'all' || sessions.size === 0) return this.#notifier.notifyAll()
    for (const sessionId of sessions) this.changed(sessionId)
    this.#cancelLook ??= this.#clock.after(remoteDelay, () => {
      this.#cancelLook = undefined
      this.#notifier.notifyAll()
    })
  }

  /** Wakes all followers a last time. */
  close(): void {
    this.#cancelLook?.()
    this.#notifier.notifyAll()
  }

  #notify(principals: Iterable<string>): void {
    for (const principal of principals) this.#notifier.notify(principal)
  }

  #remember(sessionId: string, members: readonly string[]): void {
    this.#asking.delete(sessionId)
    this.#members.set(sessionId, members)
    if (this.#members.size <= rememberedSessions) return
    for (const oldest of this.#members.keys()) return void this.#members.delete(oldest)
  }

  async #ask(sessionId: string): Promise<void> {
    // The reply wakes them for changes that come meanwhile.
    if (this.#asking.has(sessionId)) return
    this.#asking.add(sessionId)
    try {
      const members = await this.#storage.members(sessionId)
      this.#notify(members)
      // The session may have been created or removed since.
      if (members.length > 0 && this.#asking.has(sessionId)) this.#remember(sessionId, members)
    } catch {
      // Without an answer, everybody has to look.
      this.#notifier.notifyAll()
    } finally {
      this.#asking.delete(sessionId)
    }
  }
}
