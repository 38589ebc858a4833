import assert from 'node:assert/strict'

import type { ActivityRow, Cursor, Event } from '@caughtup/schema'
import { CaughtupError } from '@caughtup/schema'

import { readBatch } from '../../src/core/reading/read-events.ts'
import { checkCursor } from '../../src/core/reading/cursor-verdict.ts'
import type { Removal } from '../../src/port/activity.ts'
import { changesAfter } from '../../src/conformance/support/reads.ts'
import type { Storage } from '../../src/port/storage.ts'

/** Reads a principal's feed by its positions, as a client would, and keeps what it shows. */
export class FeedReader {
  readonly #storage: Storage
  readonly #principal: string
  #rows = new Map<string, ActivityRow>()
  #position: number | undefined

  constructor(storage: Storage, principal: string) {
    this.#storage = storage
    this.#principal = principal
  }

  async readOn(): Promise<void> {
    for (;;) {
      if (this.#position === undefined) return this.#start()
      const since = this.#position
      const changes = await changesAfter(this.#storage, this.#principal, since, 3)
      assert(changes.known, 'A position that was given is known.')
      for (const { revision } of [...changes.rows, ...changes.removed]) {
        assert(revision > since && revision <= changes.position)
      }
      const inOrder = [...changes.rows, ...changes.removed].sort((a, b) => a.revision - b.revision)
      for (const change of inOrder) {
        if (isRow(change)) this.#rows.set(change.sessionId, change)
        else this.#rows.delete(change.sessionId)
      }
      this.#position = changes.position
      if (changes.next === undefined) return
    }
  }

  /** Asserts, once all writers have stopped, that it shows the current rows. */
  async verify(): Promise<void> {
    await this.readOn()
    const fresh = new FeedReader(this.#storage, this.#principal)
    await fresh.#start()
    assert.deepEqual(shown(this.#rows), shown(fresh.#rows), `The feed of ${this.#principal}`)
  }

  async #start(): Promise<void> {
    let position: number | undefined
    this.#rows = new Map()
    for (let after = 0; ;) {
      const query = { by: 'creation', after, limit: 3 } as const
      const step = await this.#storage.activity(this.#principal, query)
      for (const row of step.rows) this.#rows.set(row.sessionId, row)
      position ??= step.position
      if (step.next === undefined) break
      after = step.next
    }
    this.#position = position
  }
}

function isRow(change: ActivityRow | Removal): change is ActivityRow {
  return 'title' in change
}

/** The members of rows that get a new position whenever they change. */
function shown(rows: ReadonlyMap<string, ActivityRow>) {
  return [...rows.values()]
    .map(({ headSeq: _, unread: __, ...row }) => row)
    .toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1))
}

/** Follows a session's journal from cursor to cursor. */
export class JournalReader {
  readonly #storage: Storage
  readonly #sessionId: string
  #cursor: Cursor | undefined
  /** Entries as they were read, by their journal. */
  readonly seen: { journal: string; event: Event }[] = []

  constructor(storage: Storage, sessionId: string) {
    this.#storage = storage
    this.#sessionId = sessionId
  }

  async readOn(): Promise<void> {
    try {
      await this.#readOn()
    } catch (error) {
      if (!(error instanceof CaughtupError && error.code === 'NOT_FOUND')) throw error
      this.#cursor = undefined
    }
  }

  async #readOn(): Promise<void> {
    const id = this.#sessionId
    this.#cursor ??= (await this.#storage.state(id)).cursor
    const verdict = await checkCursor(this.#storage, id, this.#cursor)
    if (verdict !== 'ok') {
      const { journal } = (await this.#storage.state(id)).cursor
      const isRemoved = verdict === 'cursor-expired' || journal !== this.#cursor.journal
      assert(isRemoved, `A cursor of ${id} that was given is ${verdict}.`)
      this.#cursor = undefined
      return
    }
    const { seq, journal } = this.#cursor
    const { events, cursor } = await readBatch(this.#storage, id, seq, { bytes: 200 })
    // Deleted and made anew, or trimmed, since the cursor was looked at.
    const [first] = events
    if (cursor.journal !== journal || (first && first.from !== seq + 1)) {
      this.#cursor = undefined
      return
    }
    let next = seq + 1
    for (const event of events) {
      assert.equal(event.from, next, `Entries of ${id} follow each other.`)
      next = event.seq + 1
      this.seen.push({ journal, event })
    }
    assert.equal(cursor.seq, next - 1)
    this.#cursor = cursor
  }
}
