import { type Message, message as messageSchema } from '@caughtup/schema'

import type { IdStatus, Lookups } from '../../../core/lookups.ts'
import type { RowChange } from '../../../core/types.ts'
import type { Database, Row } from '../file/database.ts'

/** The rows of packed messages, and the changes that commits make in them. */
export class MessageRows {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** A message as its row has it, without the changes since it was packed. */
  packed(key: number, messageId: string): Message | undefined {
    const row = this.#db.get(
      'SELECT ord, id, epoch, body FROM messages WHERE session = ? AND id = ? AND hidden = 0',
      key,
      messageId,
    )
    return row && messageIn(this.#db, row)
  }

  /** Messages that were unfinished when they were last written to their rows. */
  open(key: number): Message[] {
    const rows = this.#db.all(
      'SELECT ord, id, epoch, body FROM messages WHERE session = ? AND open = 1',
      key,
    )
    return rows.flatMap((row) => messageIn(this.#db, row) ?? [])
  }

  remembered(key: number, kind: 'gone' | 'child' | 'import', id: string): number {
    const row = this.#db.get(
      'SELECT count FROM remembered WHERE session = ? AND kind = ? AND id = ?',
      key,
      kind,
      id,
    )
    return Number(row?.['count'] ?? 0)
  }

  idStatus(key: number, messageId: string): IdStatus {
    const row = this.#db.get('SELECT 1 FROM messages WHERE session = ? AND id = ?', key, messageId)
    if (row) return 'exists'
    return this.remembered(key, 'gone', messageId) > 0 ? 'gone' : 'free'
  }

  /** Gives a commit what it needs from a session's rows. */
  of(key: number): Lookups {
    const hiddenTop = () =>
      Number(
        this.#db.get(
          'SELECT coalesce(max(hidden), 0) AS top FROM messages WHERE session = ? AND hidden > 0',
          key,
        )?.['top'] ?? 0,
      )
    return {
      messages: (messageIds) => messageIds.map((id) => this.packed(key, id)),
      idStatus: (messageIds) => messageIds.map((id) => this.idStatus(key, id)),
      countAfter: (order) =>
        Number(
          this.#db.get(
            'SELECT count(*) AS n FROM messages WHERE session = ? AND ord > ? AND hidden = 0',
            key,
            order,
          )?.['n'] ?? 0,
        ),
      lastPrompt: (from, upTo) => {
        const row = this.#db.get(
          `SELECT ord FROM messages WHERE session = ? AND ord BETWEEN ? AND ? AND role = 'user'
           AND hidden = 0 ORDER BY ord DESC LIMIT 1`,
          key,
          from,
          upTo,
        )
        return row && Number(row['ord'])
      },
      hidden: () =>
        this.#db
          .all(
            'SELECT ord, id, epoch, body FROM messages WHERE session = ? AND hidden = ? ORDER BY ord',
            key,
            hiddenTop() || -1,
          )
          .flatMap((row) => messageIn(this.#db, row) ?? []),
      hiddenBelow: () =>
        this.#db.get(
          'SELECT 1 FROM messages WHERE session = ? AND hidden BETWEEN 1 AND ? LIMIT 1',
          key,
          hiddenTop() - 1,
        ) !== undefined,
      countedChild: (child) => this.remembered(key, 'child', child) > 0,
    }
  }

  /** Writes a message to its row; a finished one is queued for the search index. */
  write(key: number, message: Message, body = JSON.stringify(message)): void {
    const { id, order, epoch, role, status, metadata } = message
    const row = this.#db.get(
      `INSERT INTO messages (session, ord, id, epoch, role, open, created, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (session, ord) DO UPDATE
         SET id = excluded.id, open = excluded.open, created = excluded.created,
           body = excluded.body
       ON CONFLICT (session, id) DO UPDATE
         SET ord = excluded.ord, open = excluded.open, created = excluded.created,
           body = excluded.body
       RETURNING key`,
      key,
      order,
      id,
      epoch,
      role,
      Number(status === 'open'),
      metadata.createdAt,
      body,
    )
    if (status === 'open') return
    this.#db.run('INSERT OR IGNORE INTO unindexed (key) VALUES (?)', Number(row?.['key']))
  }

  /** Makes a change that a commit needs in the rows at once, not only when the session is packed. */
  apply(key: number, change: RowChange): void {
    switch (change.change) {
      case 'remove':
      case 'erase':
        for (const id of change.messageIds) this.#remove('session = ? AND id = ?', key, id)
        break
      case 'truncate':
        this.#remove('session = ? AND ord > ? AND hidden = 0', key, change.after)
        break
      case 'forget-hidden':
        this.#remove('session = ? AND hidden > 0', key)
        break
      case 'hide':
        this.#forgetWords('session = ? AND ord > ? AND hidden = 0', key, change.after)
        this.#db.run(
          `UPDATE messages SET hidden = 1 +
             (SELECT coalesce(max(hidden), 0) FROM messages WHERE session = ?1 AND hidden > 0)
           WHERE session = ?1 AND ord > ?2 AND hidden = 0`,
          key,
          change.after,
        )
        break
      case 'restore':
        this.#db.run(
          `INSERT OR IGNORE INTO unindexed (key) SELECT key FROM messages
           WHERE session = ?1 AND hidden = (${newestHidden})`,
          key,
        )
        this.#db.run(
          `UPDATE messages SET hidden = 0 WHERE session = ?1 AND hidden = (${newestHidden})`,
          key,
        )
        break
      case 'insert':
        for (const message of change.messages) this.write(key, message)
        break
      case 'replace':
        this.#forgetWords('session = ? AND id = ?', key, change.message.id)
        this.write(key, change.message)
        break
      case 'count-child':
        this.remember(key, 'child', change.child, 1)
        break
      case 'count-imported':
        this.remember(key, 'import', change.identity, change.count)
        break
      case 'mark-read':
        this.#db.run(
          `UPDATE members SET read_up_to = max(read_up_to, ?) WHERE session = ? AND principal = ?`,
          change.upTo,
          key,
          change.principal,
        )
        break
    }
  }

  remember(key: number, kind: 'gone' | 'child' | 'import', id: string, count: number): void {
    this.#db.run(
      'INSERT OR REPLACE INTO remembered (session, kind, id, count) VALUES (?, ?, ?, ?)',
      key,
      kind,
      id,
      count,
    )
  }

  #remove(where: string, ...values: (number | string)[]): void {
    this.#db.run(
      `INSERT OR IGNORE INTO remembered (session, kind, id, count)
       SELECT session, 'gone', id, 1 FROM messages WHERE ${where}`,
      ...values,
    )
    this.#forgetWords(where, ...values)
    this.#db.run(`DELETE FROM messages WHERE ${where}`, ...values)
  }

  #forgetWords(where: string, ...values: (number | string)[]): void {
    for (const [table, rowid] of [
      ['words', 'rowid'],
      ['unindexed', 'key'],
    ]) {
      this.#db.run(
        `DELETE FROM ${table} WHERE ${rowid} IN (SELECT key FROM messages WHERE ${where})`,
        ...values,
      )
    }
  }
}

const newestHidden = 'SELECT max(hidden) FROM messages WHERE session = ?1 AND hidden > 0'

/**
 * The message in a row; `undefined` if it is damaged or does not match the row's columns, so that
 * callers can skip it and still return the others.
 */
export function messageIn(db: Database, row: Row): Message | undefined {
  const { ord, id, epoch, body } = row
  const message = messageSchema.safeParse(parsed(String(body))).data
  if (message?.order === ord && message?.id === id && message?.epoch === epoch) return message
  db.unreadable++
  return undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
