import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'

import type { Slice, SliceResult } from '../../src/port/commit.ts'

/** The acknowledged entries of one journal. */
interface Told {
  readonly sessionId: string
  readonly entries: Map<number, Event>
}

/** All acknowledged entries, by the journals' names. */
export class Ledger {
  readonly journals = new Map<string, Told>()
  /** Sessions that may have entries that no caller was told of. */
  readonly untold = new Set<string>()

  /** Notes a slice that was taken. */
  acknowledge({ sessionId, drafts }: Slice, result: SliceResult): void {
    if (result.refused !== undefined) return
    const { entries } = this.#told(result.cursor.journal, sessionId)
    assert.equal(result.events.length, drafts.length)
    for (const [index, event] of result.events.entries()) {
      assert.equal(event.type, drafts[index]?.type)
      assert(!entries.has(event.seq), `Seq ${event.seq} of ${sessionId} is given twice.`)
      entries.set(event.seq, event)
    }
  }

  /** The entries that were told of a journal, in order. */
  entries(journal: string): Event[] {
    const { entries } = this.journals.get(journal) ?? { entries: new Map<number, Event>() }
    return [...entries.values()].toSorted((a, b) => a.seq - b.seq)
  }

  #told(journal: string, sessionId: string): Told {
    const known = this.journals.get(journal)
    if (known) return known
    const told = { sessionId, entries: new Map<number, Event>() }
    this.journals.set(journal, told)
    return told
  }
}

/**
 * Asserts that nothing was written to a message after its end, nor by a run after its own, nor by an
 * attempt after the next one began. Returns how often a run was continued.
 */
export function assertNothingLate(events: readonly Event[], where: string): number {
  const finished = new Set<string>()
  let run: string | undefined
  let attempt = 1
  let continued = 0
  for (const event of events) {
    if (event.type === 'run-started') {
      assert.equal(run, undefined, `${where}: two runs at once`)
      run = event.run.id
      attempt = 1
    }
    if (event.type === 'run-changed') {
      assert.equal(event.runId, run, `${where}: the change of another run`)
      assert.equal(event.attempt, attempt + 1, `${where}: an attempt`)
      attempt++
      continued++
    }
    if (event.type === 'message-delta') {
      for (const op of event.ops) {
        const by = op.op === 'append' ? op.text.split(':')[0] : attempt
        assert.equal(
          Number(by),
          attempt,
          `${where}: seq ${event.seq} is of an attempt that is over`,
        )
      }
    }
    if (event.type === 'message-delta' || event.type === 'message-finished') {
      const { messageId } = event
      assert(!finished.has(messageId), `${where}: seq ${event.seq} is of a message that has ended`)
      assert(run && messageId.startsWith(run), `${where}: seq ${event.seq} is of a lost run`)
      if (event.type === 'message-finished') finished.add(messageId)
    }
    if (event.type === 'run-ended') {
      assert.equal(event.runId, run, `${where}: the end of another run`)
      run = undefined
    }
  }
  return continued
}
