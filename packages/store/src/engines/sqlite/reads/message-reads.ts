import { jsonBytes, textBytes } from '../../../base/bytes.ts'
import { newestStretch, type SizedMessage } from '../../../core/reading/newest-stretch.ts'
import type { MessageQuery, Window } from '../../../port/reading.ts'
import type { Database } from '../file/database.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import { messageIn } from '../rows/message-rows.ts'

const newest = Number.MAX_SAFE_INTEGER

/** Reads messages: a newer version from the session's overlay, or else the packed row. */
export class MessageReads {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  before(cached: CachedSession, { before, ...caps }: MessageQuery): Window {
    const { record, journal, tag } = cached
    const epoch = before === undefined ? record.epoch : undefined
    const order = before ?? newest
    const messages = newestStretch(this.#before(cached, order), caps, epoch)
    return {
      messages,
      head: record,
      cursor: { journal, seq: record.seq, tag },
      hasOlder: this.#hasBefore(cached, messages[0]?.order ?? order),
    }
  }

  /** Messages of lower order, newest first, read one at a time. */
  *#before(cached: CachedSession, order: number): Iterable<SizedMessage> {
    const changed = [...cached.overlay.values()]
      .filter((message) => message.order < order)
      .sort((a, b) => b.order - a.order)
    const rows = this.#db.iterate(
      'SELECT ord, id, epoch, body FROM messages WHERE session = ? AND ord < ? AND hidden = 0 ORDER BY ord DESC',
      cached.key,
      order,
    )
    let next = 0
    for (const row of rows) {
      const rowOrder = Number(row['ord'])
      for (let newer = changed[next]; newer && newer.order >= rowOrder; newer = changed[++next]) {
        yield { message: newer, size: jsonBytes(newer) }
      }
      if (changed[next - 1]?.order === rowOrder) continue
      const message = messageIn(this.#db, row)
      if (message) yield { message, size: textBytes(String(row['body'])) }
    }
    for (const message of changed.slice(next)) {
      yield { message, size: jsonBytes(message) }
    }
  }

  #hasBefore({ key, overlay }: CachedSession, order: number): boolean {
    for (const message of overlay.values()) if (message.order < order) return true
    const row = this.#db.get(
      'SELECT 1 FROM messages WHERE session = ? AND ord < ? AND hidden = 0 LIMIT 1',
      key,
      order,
    )
    return row !== undefined
  }
}
