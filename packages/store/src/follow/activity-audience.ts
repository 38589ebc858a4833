import type { Clock } from '@caughtup/schema/clock'
import { changesActivity } from '@caughtup/schema/event'

import { Notifier, type Listener } from './notifier.ts'
import type { RemoteChanges } from '../port/bus.ts'
import type { Storage } from '../port/storage.ts'

/** Sessions whose members are kept in memory, a few MB; the members of others are read when needed. */
const rememberedSessions = 10_000
/**
 * How long after a remote change all followers are notified once more, in ms. The other process may
 * write a title or a read mark a moment later, and these do not appear as changes of a session.
 */
const remoteDelay = 1_000

/**
 * Notifies the followers of session lists. A change of a session notifies only the followers that
 * are members of it, so that a busy session does not make everybody read.
 */
export class ActivityAudience {
  readonly #storage: Pick<Storage, 'members'>
  readonly #clock: Clock
  readonly #notifier = new Notifier()
  /** Members by session, the oldest entry first. */
  readonly #members = new Map<string, readonly string[]>()
  /** The newest read of a session's members that is under way. */
  readonly #reading = new Map<string, object>()
  #cancelSecond: (() => void) | undefined

  constructor(storage: Pick<Storage, 'members'>, clock: Clock) {
    this.#storage = storage
    this.#clock = clock
  }

  listen(principal: string): Listener {
    return this.#notifier.listen(principal)
  }

  /** Notifies the members of a new session; `members` must name all of them. */
  created(sessionId: string, members: readonly string[]): void {
    this.#remember(sessionId, members)
    this.#notify(members)
  }

  changed(sessionId: string): void {
    if (!this.#notifier.hasAnyListener) return
    const members = this.#members.get(sessionId)
    if (members) this.#notify(members)
    else void this.#readAndNotify(sessionId)
  }

  /** Notifies the followers of one principal of a change that nobody else sees, such as a read mark. */
  changedFor(principal: string): void {
    this.#notifier.notify(principal)
  }

  removed(sessionId: string, members: readonly string[]): void {
    this.#forget(sessionId)
    this.#notify(members)
  }

  /** Notifies a principal who was added or removed, and the other members. */
  membersChanged(sessionId: string, principal: string): void {
    this.#forget(sessionId)
    this.#notifier.notify(principal)
    this.changed(sessionId)
  }

  changedElsewhere({ sessions, members, batches }: RemoteChanges): void {
    if (members === 'all') {
      this.#members.clear()
      this.#reading.clear()
    } else {
      for (const sessionId of members) this.#membersChangedElsewhere(sessionId)
    }
    // A remote change that names no session changed only titles or read marks.
    if (sessions === 'all' || sessions.size === 0) return this.#notifier.notifyAll()
    const changed = [...sessions].filter((sessionId) => {
      const batch = batches?.get(sessionId)
      return !batch || batch.events.some(changesActivity)
    })
    if (changed.length === 0) return
    for (const sessionId of changed) this.changed(sessionId)
    this.#cancelSecond ??= this.#clock.after(remoteDelay, () => {
      this.#cancelSecond = undefined
      this.#notifier.notifyAll()
    })
  }

  /** Notifies all followers a last time, so that they see that the store closes. */
  close(): void {
    this.#cancelSecond?.()
    this.#notifier.notifyAll()
  }

  /** Notifies those who may have been removed; the members of now are read by `changed`. */
  #membersChangedElsewhere(sessionId: string): void {
    const known = this.#members.get(sessionId)
    this.#forget(sessionId)
    if (known) this.#notify(known)
    else this.#notifier.notifyAll()
  }

  #forget(sessionId: string): void {
    this.#reading.delete(sessionId)
    this.#members.delete(sessionId)
  }

  #notify(principals: Iterable<string>): void {
    for (const principal of principals) this.#notifier.notify(principal)
  }

  #remember(sessionId: string, members: readonly string[]): void {
    this.#reading.delete(sessionId)
    this.#members.set(sessionId, members)
    if (this.#members.size <= rememberedSessions) return
    for (const oldest of this.#members.keys()) return void this.#members.delete(oldest)
  }

  async #readAndNotify(sessionId: string): Promise<void> {
    // A read is under way; when it is done, it notifies the members of this change too.
    if (this.#reading.has(sessionId)) return
    const reading = {}
    this.#reading.set(sessionId, reading)
    const isNewest = () => this.#reading.get(sessionId) === reading
    try {
      const members = await this.#storage.members(sessionId)
      this.#notify(members)
      // If its members changed meanwhile, what was read is outdated.
      if (members.length > 0 && isNewest()) this.#remember(sessionId, members)
    } catch {
      // The members are unknown, so all followers have to look.
      this.#notifier.notifyAll()
    } finally {
      if (isNewest()) this.#reading.delete(sessionId)
    }
  }
}
