import assert from 'node:assert/strict'

import { CaughtupError, type Cursor } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import { applyEvent, type View } from '@caughtup/schema/fold'

import { viewOf } from '../../../src/conformance/support/views.ts'
import type { EventBatch } from '../../../src/port/reading.ts'
import { StorageError } from '../../../src/port/storage-error.ts'
import type { Store } from '../../../src/store.ts'
import type { Incarnation } from '../world/host.ts'
import type { SimulatedProcess } from '../world/simulated-process.ts'
import type { World } from '../world/world.ts'

/**
 * A client of one session that changes between processes: it gets a replay, follows, and resumes from
 * its cursor. It must get every entry once, as long as its principal is a member, and then nothing.
 */
export class Client {
  readonly name: string
  readonly sessionId: string
  readonly principal: string
  readonly #world: World
  /** How long it takes to read a batch, in ms. */
  readonly #pace: number
  #view: View | undefined
  #cursor: Cursor | undefined
  #at: Incarnation | undefined
  #isOver = false

  constructor(world: World, sessionId: string, principal: string) {
    this.#world = world
    this.sessionId = sessionId
    this.principal = principal
    this.name = world.name('client')
    this.#pace = world.random.pick([0, 0, 30, 1_000])
  }

  /** Its view; `undefined` before its first replay, while it is no member, and after it has left. */
  get view(): View | undefined {
    return this.#view
  }

  /** Whether it has left because its session was deleted. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it shows everything up to `seq` through a living process. */
  hasSeen(seq: number): boolean {
    return this.#at?.life.killed.aborted === false && this.#view?.seq === seq
  }

  async run(): Promise<void> {
    const { random, outside } = this.#world
    while (this.#world.sessions.includes(this.sessionId)) {
      const { host } = random.pick(this.#world.hosts)
      this.#at = await host.running()
      try {
        await this.#connected(this.#at)
      } catch (error) {
        if (!this.#at.life.killed.aborted && !this.#isPassing(error)) throw error
      }
      const away = this.#world.calm ? 100 : random.pick([100, 100, 2_000])
      await this.#world.rest(outside, 1, away)
    }
    this.#view = undefined
    this.#isOver = true
  }

  async #connected({ store, life }: Incarnation): Promise<void> {
    const { random, outside } = this.#world
    const connection = new AbortController()
    const { signal } = connection
    const lose = () => connection.abort(life.killed.reason)
    life.killed.addEventListener('abort', lose, { once: true })
    const patience = random.pick([200, 1_000, 1e9])
    const leave = outside.after(patience, () => connection.abort(switches))
    const unwatch = store.watchMembers(async (sessions) => {
      if (sessions !== 'all' && !sessions.has(this.sessionId)) return
      if (signal.aborted || (await this.#mayRead(store, life))) return
      this.#world.count('follower removed')
      this.#forget()
      connection.abort(forbidden)
    })
    try {
      if (!(await abortable(this.#mayRead(store, life), signal))) return this.#forget()
      this.#world.trace(this.name, `connects to ${life.name}`)
      if (!(await this.#isKnown(store, signal))) await this.#replay(store, life.name, signal)
      for await (const batch of store.follow(this.sessionId, this.#view?.seq ?? 0, { signal })) {
        if (signal.aborted || !this.#apply(batch, life.name)) return
        if (this.#pace > 0 && !this.#world.calm) {
          await this.#world.rest(outside, 0, this.#pace, signal)
        }
      }
    } catch (error) {
      if (error !== switches && error !== forbidden) throw error
    } finally {
      leave()
      unwatch()
      life.killed.removeEventListener('abort', lose)
    }
  }

  /** Whether its principal is a member; a session that is gone is noticed by its calls. */
  async #mayRead({ sessions }: Store, life: SimulatedProcess): Promise<boolean> {
    const { sessionId, principal } = this
    try {
      await this.#world.persist(life, () => sessions.get(sessionId, principal))
      return true
    } catch (error) {
      if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return false
      throw error
    }
  }

  #forget(): void {
    this.#world.trace(this.name, `may not read ${this.sessionId}`)
    this.#view = undefined
    this.#cursor = undefined
  }

  async #isKnown(store: Store, signal: AbortSignal): Promise<boolean> {
    if (!this.#cursor) return false
    const known = await abortable(store.checkCursor(this.sessionId, this.#cursor), signal)
    this.#world.trace(this.name, `has a cursor that is ${known}`)
    return known === 'ok'
  }

  async #replay(store: Store, process: string, signal: AbortSignal): Promise<void> {
    const least = this.#world.ledger.acknowledged(process, this.sessionId)
    const window = await abortable(store.window(this.sessionId, { signal }), signal)
    this.#world.trace(this.name, `loads ${this.sessionId} at ${window.head.seq}`)
    assert(window.head.seq >= least, `${least} was acknowledged before the load that lacks it.`)
    this.#assertMember(process)
    this.#view = viewOf(window)
    this.#cursor = window.cursor
  }

  #assertMember(process: string): void {
    const { sessionId, principal } = this
    const isRemoved = this.#world.membership.isRemoved(process, sessionId, principal)
    assert(!isRemoved, `${principal} was removed, and ${process} still shows ${sessionId}.`)
  }

  /** Whether it can continue from here; otherwise it needs a replay. */
  #apply({ events, cursor }: EventBatch, process: string): boolean {
    this.#assertMember(process)
    for (const event of events) {
      const before = this.#view
      assert(before, 'A replay comes first.')
      this.#world.ledger.shown(this.sessionId, event)
      const { result, view } = applyEvent(before, event)
      const what = () => `${event.type} ${event.from}–${event.seq}`
      this.#world.trace(this.name, () => `${what()} of ${this.sessionId}: ${result}`)
      if (result === 'needs-window') {
        this.#cursor = undefined
        return false
      }
      // The missing entries were removed by age, which the cursor check will say.
      if (result === 'gap' && this.#world.retains) return false
      if (result !== 'applied') assert.fail(`${this.name} at ${before.seq}: ${what()}, ${result}.`)
      this.#view = view
    }
    assert.equal(cursor.seq, this.#view?.seq, 'A batch ends where its cursor stands.')
    this.#cursor = cursor
    return true
  }

  /** Whether the client retries after this error. */
  #isPassing(error: unknown): boolean {
    if (error instanceof StorageError) return true
    if (!(error instanceof CaughtupError)) return false
    const isThere = this.#world.sessions.includes(this.sessionId)
    return error.code === 'UNAVAILABLE' || (error.code === 'NOT_FOUND' && !isThere)
  }
}

/** The reason with which a client leaves one process for another. */
const switches = new Error('The client switches to another process.')
/** The reason with which a process ends the stream of a removed member. */
const forbidden = new Error('The client is no member.')
