import type { Clock } from '@caughtup/schema/clock'

import { Notifier, type Listener } from './notifier.ts'
import type { RemoteChanges } from '../port/change-feed.ts'
import type { Storage } from '../port/storage.ts'

/** Sessions whose members are remembered; those of others are asked for again. */
const rememberedSessions = 10_000
/** Titles and read marks of other processes, which no journal tells of, are looked for so much later, in ms. */
const remoteDelay = 1_000

/**
 * Who follows a session list. A session's change wakes its members and nobody else; the database is
 * asked for them once.
 */
export class ActivityAudience {
  readonly #storage: Pick<Storage, 'members'>
  readonly #clock: Clock
  readonly #notifier = new Notifier()
  /** Members by session; the oldest are forgotten first. */
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

  /** A session is new, and these are all of its members. */
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

  /** Something changed that only this principal sees of a session. */
  changedFor(principal: string): void {
    this.#notifier.notify(principal)
  }

  removed(sessionId: string, members: readonly string[]): void {
    this.#asking.delete(sessionId)
    this.#members.delete(sessionId)
    this.#notify(members)
  }

  changedElsewhere({ sessions }: RemoteChanges): void {
    // None is named where only titles or marks changed.
    if (sessions === 'all' || sessions.size === 0) return this.#notifier.notifyAll()
    for (const sessionId of sessions) this.changed(sessionId)
    this.#cancelLook ??= this.#clock.after(remoteDelay, () => {
      this.#cancelLook = undefined
      this.#notifier.notifyAll()
    })
  }

  /** Wakes everybody a last time. */
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
    // Whatever changes meanwhile is there when the answer wakes them.
    if (this.#asking.has(sessionId)) return
    this.#asking.add(sessionId)
    try {
      const members = await this.#storage.members(sessionId)
      this.#notify(members)
      // It may have been made, or removed, since it was asked for.
      if (members.length > 0 && this.#asking.has(sessionId)) this.#remember(sessionId, members)
    } catch {
      // Where the database cannot say, everybody is to look.
      this.#notifier.notifyAll()
    } finally {
      this.#asking.delete(sessionId)
    }
  }
}
