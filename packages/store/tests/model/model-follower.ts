import assert from 'node:assert/strict'

import type { Cursor } from '@caughtup/schema'
import { applyEvent, type View } from '@caughtup/schema/fold'

import { viewOf } from '../../src/conformance/support/views.ts'
import type { EventBatch } from '../../src/port/reading.ts'
import type { Store } from '../../src/store.ts'

/** A follower of one session that reads when the program says so. */
export class ModelFollower {
  readonly #sessionId: string
  readonly #settled: () => Promise<void>
  #view: View
  #cursor: Cursor
  #connection: { reading: AsyncGenerator<EventBatch>; controller: AbortController } | undefined
  #next: Promise<IteratorResult<EventBatch>> | undefined

  /** @param settled resolves when the database has answered everything */
  constructor(
    sessionId: string,
    start: { view: View; cursor: Cursor },
    settled: () => Promise<void>,
  ) {
    this.#sessionId = sessionId
    this.#settled = settled
    this.#view = start.view
    this.#cursor = start.cursor
  }

  get view(): View {
    return this.#view
  }

  /** Its store was closed. */
  disconnect(): void {
    this.#connection?.controller.abort()
    this.#next?.catch(() => undefined)
    this.#connection = this.#next = undefined
  }

  /** Reads everything that is available; the journal was removed up to `floor`. */
  async read(store: Store, floor: number): Promise<void> {
    if (!this.#connection) await this.#connect(store, floor)
    for (;;) {
      this.#next ??= this.#connection?.reading.next()
      const taken = await now(this.#next, this.#settled)
      if (!taken) return
      this.#next = undefined
      assert(!taken.done, `A follower of ${this.#sessionId} was ended.`)
      if (!this.#apply(taken.value, floor)) {
        this.disconnect()
        await this.#replay(store)
        await this.#connect(store, floor)
      }
    }
  }

  async #connect(store: Store, floor: number): Promise<void> {
    const known = await store.checkCursor(this.#sessionId, this.#cursor)
    const expected = this.#cursor.seq < floor ? 'cursor-expired' : 'ok'
    assert.equal(known, expected, `A cursor of ${this.#sessionId} at ${this.#cursor.seq}.`)
    if (known !== 'ok') await this.#replay(store)
    const controller = new AbortController()
    const { signal } = controller
    const reading = store.follow(this.#sessionId, this.#view.seq, { signal })
    this.#connection = { reading, controller }
  }

  async #replay(store: Store): Promise<void> {
    const window = await store.window(this.#sessionId)
    this.#view = viewOf(window)
    this.#cursor = window.cursor
  }

  /** Whether it can resume without a full replay. */
  #apply({ events, cursor }: EventBatch, floor: number): boolean {
    for (const event of events) {
      const { result, view } = applyEvent(this.#view, event)
      if (result === 'needs-window') return false
      if (result === 'gap' && this.#view.seq < floor) return false
      const at = `${event.type} ${event.from}–${event.seq} after ${this.#view.seq}`
      assert.equal(result, 'applied', `${this.#sessionId}: ${at}`)
      this.#view = view
    }
    assert.equal(cursor.seq, this.#view.seq, 'A batch ends where its cursor stands.')
    this.#cursor = cursor
    return true
  }
}

/** A promise's result, if it has settled. */
async function now<T>(
  promise: Promise<T> | undefined,
  settled: () => Promise<void>,
): Promise<T | undefined> {
  return Promise.race([promise, settled().then(() => undefined)])
}
