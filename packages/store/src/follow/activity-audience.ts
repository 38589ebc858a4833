import type { Clock } from '@caughtup/schema/clock'

import { Bell, type Listener } from './signal.ts'
import type { RemoteChanges } from '../port/change-feed.ts'
import type { Storage } from '../port/storage.ts'

/** Sessions whose members are remembered; those of others are asked for again. */
const rememberedSessions = 10_000
/** What journals do not tell of other processes (titles, read marks) is looked for this much later. */
const foreignDelay = 1_000

interface Members {
  readonly principals: ReadonlySet<string>
  /** The last arrival that the database was asked about. */
  readonly asked: number
}

/**
 * Who follows a session list, and whom a session's change concerns: its members are woken and
 * nobody else. Who they are is asked once per session and follower.
 */
export class ActivityAudience {
  readonly #storage: Pick<Storage, 'isMember'>
  readonly #clock: Clock
  readonly #bell = new Bell((principal) => this.#arrivals.delete(principal))
  /** Principals who listen, numbered as they came. */
  readonly #arrivals = new Map<string, number>()
  #arrived = 0
  /** The oldest are forgotten first. */
  readonly #members = new Map<string, Members>()
  readonly #asking = new Set<string>()
  #cancelLook: (() => void) | undefined

  constructor(storage: Pick<Storage, 'isMember'>, clock: Clock) {
    this.#storage = storage
    this.#clock = clock
  }

  listen(principal: string): Listener {
    if (!this.#arrivals.has(principal)) this.#arrivals.set(principal, ++this.#arrived)
    return this.#bell.listen(principal)
  }

  /** A session is new, and these are all of its members. */
  created(sessionId: string, members: readonly string[]): void {
    this.#remember(sessionId, { principals: new Set(members), asked: Infinity })
    this.#ring(members)
  }

  changed(sessionId: string): void {
    if (this.#arrivals.size === 0) return
    const { principals, asked } = this.#known(sessionId)
    this.#ring(principals)
    if (asked < this.#arrived) void this.#ask(sessionId)
  }

  /** What only this principal sees of a session changed. */
  changedFor(principal: string): void {
    this.#bell.ring(principal)
  }

  removed(sessionId: string, members: readonly string[]): void {
    this.#members.delete(sessionId)
    this.#ring(members)
  }

  changedElsewhere({ sessions }: RemoteChanges): void {
    // Changes of none of them by name: of titles, or of marks.
    if (sessions === 'all' || sessions.size === 0) return this.#bell.ringAll()
    for (const sessionId of sessions) this.changed(sessionId)
    this.#cancelLook ??= this.#clock.after(foreignDelay, () => {
      this.#cancelLook = undefined
      this.#bell.ringAll()
    })
  }

  /** Wakes everybody a last time. */
  close(): void {
    this.#cancelLook?.()
    this.#bell.ringAll()
  }

  #ring(principals: Iterable<string>): void {
    for (const principal of principals) this.#bell.ring(principal)
  }

  #known(sessionId: string): Members {
    return this.#members.get(sessionId) ?? { principals: new Set(), asked: 0 }
  }

  #remember(sessionId: string, members: Members): void {
    this.#members.set(sessionId, members)
    if (this.#members.size <= rememberedSessions) return
    for (const oldest of this.#members.keys()) return void this.#members.delete(oldest)
  }

  /** Finds and wakes the members among those who came since it was last asked. */
  async #ask(sessionId: string): Promise<void> {
    // Whatever changes meanwhile is there when the answer wakes them.
    if (this.#asking.has(sessionId)) return
    this.#asking.add(sessionId)
    let known = this.#known(sessionId)
    while (known.asked < this.#arrived) {
      const upTo = this.#arrived
      const found = new Set(known.principals)
      for (const [principal, arrival] of this.#arrivals) {
        if (arrival <= known.asked || !(await this.#concerns(sessionId, principal))) continue
        found.add(principal)
        this.#bell.ring(principal)
      }
      known = { principals: found, asked: upTo }
      this.#remember(sessionId, known)
    }
    this.#asking.delete(sessionId)
  }

  /** Where the database cannot say, the principal is to look for itself. */
  async #concerns(sessionId: string, principal: string): Promise<boolean> {
    try {
      return await this.#storage.isMember(sessionId, principal)
    } catch {
      return true
    }
  }
}
