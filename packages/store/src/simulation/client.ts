import assert from 'node:assert/strict'

import { CaughtupError, type Cursor } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import { applyEvent, type View } from '@caughtup/schema/fold'

import { type EventBatch, StorageError } from '../storage.ts'
import { viewOf } from '../model/view-of.ts'
import type { Incarnation } from './host.ts'
import type { World } from './world.ts'

/**
 * Somebody who looks at one session, now through this process and now through that: a replay,
 * then what comes, then again from where it stood. Never twice the same entry, never a hole.
 */
export class Client {
  readonly name: string
  readonly sessionId: string
  readonly #world: World
  /** How long it takes to read a batch, in ms. */
  readonly #pace: number
  view: View | undefined
  #cursor: Cursor | undefined
  replays = 0

  constructor(world: World, sessionId: string) {
    this.#world = world
    this.sessionId = sessionId
    this.name = world.name('client')
    this.#pace = world.random.pick([0, 0, 30, 1_000])
  }

  async run(signal: AbortSignal): Promise<void> {
    const { random, outside } = this.#world
    while (!signal.aborted) {
      const { host } = random.pick(this.#world.hosts)
      const incarnation = await host.running()
      const connection = AbortSignal.any([signal, incarnation.life.killed])
      try {
        await this.#connected(incarnation, connection)
      } catch (error) {
        if (!connection.aborted && !isPassing(error)) throw error
      }
      await this.#world.rest(outside, 1, 100)
    }
  }

  async #connected({ store, life }: Incarnation, connection: AbortSignal): Promise<void> {
    const patience = new AbortController()
    const signal = AbortSignal.any([connection, patience.signal])
    const { random, outside } = this.#world
    const leave = outside.after(random.pick([200, 1_000, 1e9]), () => patience.abort(goesOn))
    try {
      const known =
        this.#cursor && (await abortable(store.checkCursor(this.sessionId, this.#cursor), signal))
      this.#world.trace(this.name, () => `connects to ${life.name}: ${known ?? 'new'}`)
      if (known !== 'ok') {
        const window = await abortable(store.window(this.sessionId, { signal }), signal)
        this.view = viewOf(window)
        this.#cursor = window.cursor
        this.replays++
      }
      for await (const batch of store.follow(this.sessionId, this.view?.seq ?? 0, { signal })) {
        if (!this.#apply(batch)) return
        if (!this.#world.calm && this.#pace > 0)
          await this.#world.rest(outside, 0, this.#pace, signal)
      }
    } catch (error) {
      if (error !== goesOn) throw error
    } finally {
      leave()
    }
  }

  /** Whether it can go on from here; else it needs a window. */
  #apply(batch: EventBatch): boolean {
    const { trace, ledger } = {
      trace: this.#world.trace.bind(this.#world),
      ledger: this.#world.ledger,
    }
    for (const event of batch.events) {
      const before = this.view
      assert(before, 'Nothing comes before the replay.')
      ledger.shown(this.sessionId, event)
      const { result, view } = applyEvent(before, event)
      trace(this.name, () => `${event.type} ${event.from}–${event.seq}: ${result}`)
      if (result === 'needs-window') {
        this.#cursor = undefined
        return false
      }
      assert.equal(
        result,
        'applied',
        `${this.name} at ${before.seq} of ${this.sessionId} got ${event.from}–${event.seq}.`,
      )
      this.view = view
    }
    assert.equal(batch.cursor.seq, this.view?.seq, 'A batch ends where its cursor stands.')
    this.#cursor = batch.cursor
    return true
  }
}

/** The reason with which a client leaves one process for another. */
const goesOn = new Error('The client goes on to another process.')

/** What a client lives with: it comes again. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof StorageError ||
    (error instanceof CaughtupError && error.code === 'UNAVAILABLE')
  )
}
