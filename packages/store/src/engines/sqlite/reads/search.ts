import type { SearchHit } from '@caughtup/schema'

import { excerptAround, searchText } from '../../../core/reading/search-text.ts'
import { phrases, words } from '../../../core/reading/search-words.ts'
import type { SearchQuery } from '../../../port/reading.ts'
import type { Database, Row } from '../file/database.ts'
import type { SessionCache } from '../cache/session-cache.ts'
import { messageIn } from '../rows/message-rows.ts'

/** The most messages, and bytes of them, that one step puts into the index. */
const stepMessages = 64
const stepBytes = 64 * 1024

/** The search index, the table `words`: one row per finished message, with the message's own key. */
export class Search {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * Ids of the sessions in the scope that may have messages without a row. Only these have to be
   * packed before the search.
   *
   * @throws CaughtupError `NOT_FOUND`
   */
  unpacked(scope: SearchQuery['in'], cache: SessionCache): string[] {
    if ('sessionId' in scope) return [cache.get(scope.sessionId).id]
    const keys = [...cache.unpacked(), ...cache.tails()].map(({ key }) => key)
    const rows = this.#db.all(
      `SELECT sessions.id FROM json_each(?) AS waiting
       JOIN members ON members.session = waiting.value AND members.principal = ?
       JOIN sessions ON sessions.key = members.session`,
      JSON.stringify(keys),
      scope.principal,
    )
    return rows.map(({ id }) => String(id))
  }

  find({ text, in: scope, limit }: SearchQuery): SearchHit[] {
    const match = matchOf(text)
    if (match === undefined) return []
    const rows =
      'sessionId' in scope
        ? this.#db.all(
            `${found} WHERE words MATCH ? AND sessions.id = ? ${newestFirst}`,
            `session : ${this.#token(scope.sessionId)} AND body : (${match})`,
            scope.sessionId,
            limit,
          )
        : this.#db.all(
            `${found} CROSS JOIN members ON members.session = sessions.key AND members.principal = ?2
             WHERE words MATCH ?1 ${newestFirst}`,
            `body : (${match})`,
            scope.principal,
            limit,
          )
    return rows.flatMap(({ key, session_id: sessionId }): SearchHit[] => {
      const row = this.#db.get(
        'SELECT ord, id, epoch, body FROM messages WHERE key = ?',
        Number(key),
      )
      const message = row && messageIn(this.#db, row)
      if (!message) return []
      const { id, order, epoch, role, metadata } = message
      return [
        {
          sessionId: String(sessionId),
          messageId: id,
          order,
          epoch,
          role,
          createdAt: metadata.createdAt,
          excerpt: excerptAround(searchText(message), text),
        },
      ]
    })
  }

  /** Indexes some finished messages, within a transaction. Returns whether more are left. */
  index(): boolean {
    const { rows, more } = this.#unindexed()
    for (const row of rows) {
      const key = Number(row['key'])
      const message = row['hidden'] === 0 ? messageIn(this.#db, row) : undefined
      const text = message ? words(searchText(message)).join(' ') : ''
      if (text !== '') {
        this.#db.run(
          'INSERT OR REPLACE INTO words (rowid, session, body) VALUES (?, ?, ?)',
          key,
          tokenOf(Number(row['session'])),
          text,
        )
      }
      this.#db.run('DELETE FROM unindexed WHERE key = ?', key)
    }
    return more
  }

  #unindexed(): { rows: Row[]; more: boolean } {
    const rows: Row[] = []
    let bytes = 0
    for (const row of this.#db.iterate(
      `SELECT unindexed.key, session, hidden, ord, id, epoch, body FROM unindexed
       LEFT JOIN messages ON messages.key = unindexed.key`,
    )) {
      if (rows.length >= stepMessages || bytes >= stepBytes) return { rows, more: true }
      rows.push(row)
      bytes += String(row['body']).length
    }
    return { rows, more: false }
  }

  #token(sessionId: string): string {
    const row = this.#db.get('SELECT key FROM sessions WHERE id = ?', sessionId)
    return tokenOf(Number(row?.['key'] ?? 0))
  }
}

/**
 * To return the newest messages, the query must go through every message that has the words: about
 * 0.1 s for 100,000 of them. So it reads no bodies, and `CROSS JOIN` fixes the order of the joins.
 */
const found = `SELECT messages.key, sessions.id AS session_id FROM words
  CROSS JOIN messages ON messages.key = words.rowid
  CROSS JOIN sessions ON sessions.key = messages.session`
const newestFirst = `AND messages.hidden = 0 AND sessions.fork_of IS NULL
  ORDER BY messages.created DESC, sessions.id DESC, messages.ord DESC LIMIT ?`

function tokenOf(key: number): string {
  return `s${key}`
}

/** The query in FTS5's syntax: quoted phrases only, so that nothing in it is an operator. */
function matchOf(text: string): string | undefined {
  const terms = phrases(text).map((phrase) => `"${phrase.join(' ')}"`)
  return terms.length === 0 ? undefined : `${terms.join(' AND ')}*`
}
