import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'
import { emptyView } from '@caughtup/schema/fold'

import { summarise } from '../../src/core/reading/list-events.ts'
import { allEvents, maintainAll } from '../../src/conformance/support/reads.ts'
import { foldAll, freshView, sameIn } from '../../src/conformance/support/views.ts'
import { redact } from '../../src/journal/redact.ts'
import type { Storage } from '../../src/port/storage.ts'
import type { Keeper } from './keeper.ts'
import { assertNothingLate, type Ledger } from './ledger.ts'
import { orMissing } from './writer.ts'

/** What was recorded of some processes that wrote to the same sessions. */
export interface History {
  /** An opening of each process, none of which writes any more. */
  storages: readonly Storage[]
  /** Their readers. */
  keepers: readonly Keeper[]
  /** What they were told. */
  ledger: Ledger
  sessions: readonly string[]
  /** Whether answers were lost. */
  isFaulty: boolean
}

/**
 * Compares the database with a recorded history: seqs are unique and without a hole, what was
 * acknowledged is there, what was read is what some commit was told, journals fold to their messages,
 * nothing was written by a run that was over, and feeds that were read on from position to position
 * show what a new reader sees.
 *
 * @returns how often a run was continued
 * @throws AssertionError for what does not agree
 */
export async function verifyHistory(history: History): Promise<number> {
  const { storages, keepers, ledger, sessions, isFaulty } = history
  for (const storage of storages) await maintainAll(storage)
  for (const { feeds } of keepers) for (const feed of feeds) await feed.verify()
  const living = await journalsOf(history)
  /** Of a session that was deleted meanwhile, a commit whose answer was lost may learn just that. */
  const isComplete = (journal: string) => {
    const { sessionId = '' } = ledger.journals.get(journal) ?? {}
    return !isFaulty || (living.has(journal) && !ledger.untold.has(sessionId))
  }
  let continued = 0
  for (const [journal, { sessionId }] of ledger.journals) {
    if (!isComplete(journal)) continue
    const entries = ledger.entries(journal)
    assertWhole(entries, `Session ${sessionId}`)
    continued += assertNothingLate(entries, `Session ${sessionId}`)
  }
  const seen = keepers.flatMap(({ journals }) => journals.flatMap((reader) => reader.seen))
  for (const each of seen) if (isComplete(each.journal)) assertTold(each, ledger)
  for (const id of sessions)
    for (const storage of storages) await verifySession(storage, id, ledger)
  return continued
}

async function journalsOf({ storages: [storage], sessions }: History): Promise<Set<string>> {
  const journals = new Set<string>()
  for (const id of sessions) {
    const head = storage && (await orMissing(storage.state(id)))
    if (head) journals.add(head.cursor.journal)
  }
  return journals
}

/** Asserts that no seq is missing. A fork's first entry comes from no commit. */
function assertWhole(entries: readonly Event[], where: string): void {
  const first = entries[0]?.seq ?? 1
  assert(first <= 2, `${where} begins with ${first}.`)
  for (const [index, { seq }] of entries.entries()) {
    assert.equal(seq, first + index, `${where} has no entry ${first + index}.`)
  }
}

/** Asserts that what a reader saw is what some commit was told. */
function assertTold({ journal, event }: { journal: string; event: Event }, ledger: Ledger): void {
  if (event.type === 'forked' || event.type === 'redacted') return
  const told = ledger.entries(journal).filter(({ seq }) => seq >= event.from && seq <= event.seq)
  assert.equal(told.length, event.seq - event.from + 1, `Entry ${event.seq} was told.`)
  for (const each of told) assert.equal(each.type, event.type)
  if (event.type === 'message-delta') assert.equal(textOf([event]), textOf(told))
}

function textOf(events: readonly Event[]): string {
  const ops = events.flatMap((event) => (event.type === 'message-delta' ? event.ops : []))
  return ops.map((op) => (op.op === 'append' ? op.text : '')).join('')
}

async function verifySession(storage: Storage, id: string, ledger: Ledger): Promise<void> {
  const head = await orMissing(storage.state(id))
  if (!head || ledger.untold.has(id)) return
  const { journal, seq: newest } = head.cursor
  const told = ledger.entries(journal)
  assert.equal(
    told.at(-1)?.seq ?? Math.min(newest, 1),
    newest,
    `${id} ends with what was told last.`,
  )
  const { floor } = await summarise(storage, id, {})
  const read = await allEvents(storage, id)
  assert.deepEqual(
    read.map(({ seq }) => seq),
    Array.from({ length: newest - floor }, (_, index) => floor + 1 + index),
    `The journal of ${id} has no hole.`,
  )
  const erased = new Set(
    told.flatMap((event) => (event.type === 'message-erased' ? event.messageIds : [])),
  )
  const entries = new Map(told.map((event) => [event.seq, redact(event, erased)]))
  for (const event of read) {
    if (event.type !== 'forked') assert.deepEqual(event, entries.get(event.seq))
  }
  // A fork's first entry asks for a window, as an import does.
  if (told[0]?.seq !== 1) return
  const folded = foldAll(emptyView, told)
  if (folded)
    assert.deepEqual(sameIn(folded), sameIn(await freshView(storage, id)), `The messages of ${id}`)
}
