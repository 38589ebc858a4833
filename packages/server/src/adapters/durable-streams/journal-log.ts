import type { Cursor, Event } from '@caughtup/schema'
import type { Store } from '@caughtup/store'

import type { LogRead, StreamLog } from './stream-log.ts'

type JournalStore = Pick<Store, 'head' | 'checkCursor' | 'events' | 'follow' | 'limits'>

/** A session's journal as a stream: an entry is an event, and one answer has `limits.pageBytes` of them. */
export function journalLog(store: JournalStore, sessionId: string): StreamLog {
  return {
    contentType: 'application/json',
    empty: '[]',
    head: async (signal) => (await store.head(sessionId, { signal })).cursor,
    async read(after, signal) {
      const verdict = after ? await store.checkCursor(sessionId, after) : 'ok'
      if (verdict !== 'ok') return verdict
      const { seq = 0, tag } = after ?? {}
      const options = { bytes: store.limits.pageBytes, signal, ...(tag !== undefined && { tag }) }
      const batch = await store.events(sessionId, seq, options)
      return after && isGap(seq, batch.events) ? 'cursor-expired' : readOf(batch)
    },
    async *follow({ seq, journal, tag }, signal) {
      let last = seq
      for await (const batch of store.follow(sessionId, seq, { signal, journal, tag })) {
        if (isGap(last, batch.events)) return
        last = batch.cursor.seq
        yield readOf(batch)
      }
    },
  }
}

/** Whether retention removed what comes next. */
function isGap(seq: number, [first]: readonly Event[]): boolean {
  return first !== undefined && first.from > seq + 1
}

interface Batch {
  events: readonly Event[]
  cursor: Cursor
  complete: boolean
  newest: number
}

function readOf({ events, cursor, complete, newest }: Batch): LogRead {
  if (events.length > 0) return { body: JSON.stringify(events), next: cursor, upToDate: complete }
  // Its tag is that of the newest entry, also where a reader asked from below the floor.
  return { body: undefined, next: { ...cursor, seq: newest }, upToDate: true }
}
