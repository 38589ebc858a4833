import { jsonBytes, textBytes } from '../../../base/bytes.ts'
import { lastOrderOf, type SizedMessage, stretchOf } from '../../../core/reading/stretch.ts'
import type { MessageQuery, Window } from '../../../port/reading.ts'
import type { Database } from '../file/database.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import { messageIn } from '../rows/message-rows.ts'

type Side = 'older' | 'newer'

/** Reads messages: a newer version from the session's overlay, or else the packed row. */
export class MessageReads {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Messages of one epoch next to a place; see `Storage.messages`. */
  window(cached: CachedSession, query: MessageQuery): Window {
    const { record, journal, tag } = cached
    const upTo = lastOrderOf(query)
    const sides = {
      older: this.#nearest(cached, 'older', upTo),
      newer: this.#nearest(cached, 'newer', upTo),
    }
    const messages = stretchOf(sides, query, record)
    const [first, last] = [messages[0], messages.at(-1)]
    return {
      messages,
      head: record,
      cursor: { journal, seq: record.seq, tag },
      hasOlder: this.#hasAny(cached, 'older', first ? first.order - 1 : upTo),
      hasNewer: this.#hasAny(cached, 'newer', last ? last.order : upTo),
    }
  }

  /** Messages up to an order, newest first, or after it, oldest first; read one at a time. */
  *#nearest(cached: CachedSession, side: Side, upTo: number): Iterable<SizedMessage> {
    const away = side === 'older' ? -1 : 1
    const changed = [...cached.overlay.values()]
      .filter(({ order }) => isOn(side, order, upTo))
      .sort((a, b) => away * (a.order - b.order))
    const rows = this.#db.iterate(
      `SELECT ord, id, epoch, body FROM messages WHERE session = ? AND ${ordIs[side]} AND hidden = 0
       ORDER BY ord ${side === 'older' ? 'DESC' : 'ASC'}`,
      cached.key,
      upTo,
    )
    let next = 0
    for (const row of rows) {
      const order = Number(row['ord'])
      for (
        let nearer = changed[next];
        nearer && away * (nearer.order - order) <= 0;
        nearer = changed[++next]
      ) {
        yield { message: nearer, size: jsonBytes(nearer) }
      }
      if (changed[next - 1]?.order === order) continue
      const message = messageIn(this.#db, row)
      if (message) yield { message, size: textBytes(String(row['body'])) }
    }
    for (const message of changed.slice(next)) yield { message, size: jsonBytes(message) }
  }

  #hasAny({ key, overlay }: CachedSession, side: Side, upTo: number): boolean {
    for (const { order } of overlay.values()) if (isOn(side, order, upTo)) return true
    const row = this.#db.get(
      `SELECT 1 FROM messages WHERE session = ? AND ${ordIs[side]} AND hidden = 0 LIMIT 1`,
      key,
      upTo,
    )
    return row !== undefined
  }
}

const ordIs: Readonly<Record<Side, string>> = { older: 'ord <= ?', newer: 'ord > ?' }

function isOn(side: Side, order: number, upTo: number): boolean {
  return side === 'older' ? order <= upTo : order > upTo
}
