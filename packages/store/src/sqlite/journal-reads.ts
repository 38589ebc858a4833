import type { Cursor, ReplayReason } from '@caughtup/schema'

import type { EventBatch } from '../storage.ts'
import { collect } from './collect.ts'
import type { Database } from './database.ts'
import { decodeBlock, type Entry, tagInBlock } from './event-codec.ts'
import type { LiveSession } from './live-session.ts'

/** Reads of journals: blocks for what is old, memory for the newest stretch. */
export class JournalReads {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  events(live: LiveSession, after: number, bytes: number): EventBatch {
    const { journal } = live
    const { events, last, complete } = collect(this.#after(live, after), bytes)
    const cursor = { journal, seq: last?.event.seq ?? after, tag: last?.tag ?? live.tag }
    return { events, cursor, complete }
  }

  /** Whether the cursor is of this journal's history, and if not, why. */
  checkCursor(live: LiveSession, { journal, seq, tag }: Cursor): 'ok' | ReplayReason {
    if (journal !== live.journal) return 'cursor-unknown'
    if (seq > live.record.seq) return 'cursor-ahead'
    if (seq === 0) return 'ok'
    const known = seq === live.record.seq ? live.tag : this.#tagAt(live, seq)
    if (known === undefined) return 'cursor-expired'
    return known === tag ? 'ok' : 'cursor-unknown'
  }

  #tagAt({ key, entries }: LiveSession, seq: number): string | undefined {
    const entry = entries.find(({ event }) => event.seq === seq)
    if (entry) return entry.tag
    const row = this.#db.get(
      `SELECT body FROM blocks WHERE session = ? AND first_seq <= ? AND last_seq >= ?
       ORDER BY first_seq DESC LIMIT 1`,
      key,
      seq,
      seq,
    )
    return row && tagInBlock(String(row['body']), seq)
  }

  *#after({ key, entries }: LiveSession, after: number): Iterable<Entry> {
    const recentFrom = entries[0]?.event.from
    let read = after
    if (recentFrom === undefined || after + 1 < recentFrom) {
      const blocks = this.#db.iterate(
        'SELECT * FROM blocks WHERE session = ? AND last_seq > ? ORDER BY first_seq',
        key,
        after,
      )
      for (const block of blocks) {
        const [first, last] = [Number(block['first_seq']), Number(block['last_seq'])]
        for (const entry of decodeBlock(String(block['body']), first, last)) {
          if (entry.event.seq <= read) continue
          const from = Math.max(entry.event.from, read + 1)
          read = entry.event.seq
          yield from === entry.event.from ? entry : { ...entry, event: { ...entry.event, from } }
        }
      }
    }
    for (let index = indexAfter(entries, read); ; index++) {
      const entry = entries[index]
      if (!entry) return
      yield entry
    }
  }
}

/** Entries are contiguous, so the place is nearly always known; a hole costs a search. */
function indexAfter(entries: readonly Entry[], seq: number): number {
  const first = entries[0]?.event.seq ?? 0
  const guess = Math.max(0, seq + 1 - first)
  if (guess >= entries.length) {
    const index = entries.findIndex(({ event }) => event.seq > seq)
    return index < 0 ? entries.length : index
  }
  return entries[guess]?.event.seq === Math.max(seq + 1, first)
    ? guess
    : entries.findIndex(({ event }) => event.seq > seq)
}
