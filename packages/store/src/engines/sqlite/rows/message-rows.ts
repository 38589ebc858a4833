import { type Message, message as messageSchema } from '@caughtup/schema'

import { firstName, ledgersOf, namesOf, type Used } from '../../../core/epoch-ledgers.ts'
import { promptAuthor } from '../../../core/reading/prompts.ts'
import type { IdStatus, Lookups, MessagePlace, Stretch } from '../../../core/lookups.ts'
import type { RowChange } from '../../../core/types.ts'
import type { KnownNames, NameQuery } from '../../../port/reading.ts'
import type { CopiedName } from '../../../port/session-copy.ts'
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

  remembered(key: number, kind: CopiedName['kind'], id: string): number {
    const row = this.#db.get(
      'SELECT count FROM remembered WHERE session = ? AND kind = ? AND id = ?',
      key,
      kind,
      id,
    )
    return Number(row?.['count'] ?? 0)
  }

  /** The ledgers with which epochs ended, from one epoch up to another. */
  ledgers(key: number, { from, upTo }: { from: number; upTo: number }): Map<number, Used> {
    const rows = this.#db.all(
      `SELECT id, count FROM remembered
       WHERE session = ? AND kind = 'used' AND id > ? AND id < ?`,
      key,
      firstName(from),
      firstName(upTo + 1),
    )
    return ledgersOf(rows.map((row) => [String(row['id']), Number(row['count'])]))
  }

  /** @param overlay - has messages whose rows are not written yet */
  lookup(
    key: number,
    overlay: ReadonlyMap<string, Message>,
    { identities = [], messageIds = [] }: NameQuery,
  ): KnownNames {
    const counts = new Map<string, number>()
    for (const identity of identities) {
      const count = this.remembered(key, 'import', identity)
      if (count > 0) counts.set(identity, count)
    }
    const isUsed = (id: string) => overlay.has(id) || this.idStatus(key, id) !== 'free'
    return { counts, used: new Set(messageIds.filter(isUsed)) }
  }

  idStatus(key: number, messageId: string): IdStatus {
    const row = this.#db.get('SELECT 1 FROM messages WHERE session = ? AND id = ?', key, messageId)
    if (row) return 'exists'
    return this.remembered(key, 'gone', messageId) > 0 ? 'gone' : 'free'
  }

  /** Where a message is, also a hidden one. */
  place(key: number, messageId: string): MessagePlace | undefined {
    const row = this.#db.get(
      'SELECT ord, epoch, hidden FROM messages WHERE session = ? AND id = ?',
      key,
      messageId,
    )
    return (
      row && {
        order: Number(row['ord']),
        epoch: Number(row['epoch']),
        stretch: Number(row['hidden']),
      }
    )
  }

  /** The order of the message before an order, in a stretch or (0) of the shown ones. */
  before(key: number, order: number, stretch: number): number | undefined {
    const row = this.#db.get(
      'SELECT ord FROM messages WHERE session = ? AND ord < ? AND hidden = ? ORDER BY ord DESC LIMIT 1',
      key,
      order,
      stretch,
    )
    return row && Number(row['ord'])
  }

  /** The message after an order, in a stretch or (0) of the shown ones. */
  following(key: number, order: number, stretch: number): Message | undefined {
    const rows = this.#db.iterate(
      `SELECT ord, id, epoch, body FROM messages WHERE session = ? AND ord > ? AND hidden = ?
       ORDER BY ord`,
      key,
      order,
      stretch,
    )
    for (const row of rows) {
      const message = messageIn(this.#db, row)
      if (message) return message
    }
    return undefined
  }

  /** The stretches that are hidden in an epoch. */
  stretches(key: number, epoch: number): Stretch[] {
    const rows = this.#db.all(
      `SELECT hid.*, coalesce(a.hidden, 0) AS within FROM (
         SELECT hidden AS id, coalesce(min(anchor), 0) AS after, min(ord) AS first,
           max(ord) AS last, count(*) AS n, max(role = 'user') AS prompts
         FROM messages WHERE session = ?1 AND hidden > 0 AND epoch = ?2 GROUP BY hidden
       ) hid LEFT JOIN messages a ON a.session = ?1 AND a.ord = hid.after`,
      key,
      epoch,
    )
    return rows.map((row) => ({
      id: Number(row['id']),
      after: Number(row['after']),
      within: Number(row['within']),
      first: Number(row['first']),
      last: Number(row['last']),
      count: Number(row['n']),
      hasPrompt: row['prompts'] === 1,
    }))
  }

  /** The messages of a stretch, oldest first; `undefined` if they have more bytes. */
  stretch(key: number, id: number, bytes: number): Message[] | undefined {
    const size = this.#db.get(
      'SELECT coalesce(sum(octet_length(body)), 0) AS bytes FROM messages WHERE session = ? AND hidden = ?',
      key,
      id,
    )
    if (Number(size?.['bytes']) > bytes) return undefined
    const rows = this.#db.all(
      'SELECT ord, id, epoch, body FROM messages WHERE session = ? AND hidden = ? ORDER BY ord',
      key,
      id,
    )
    return rows.flatMap((row) => messageIn(this.#db, row) ?? [])
  }

  /** Gives a commit what it needs from a session's rows. */
  of(key: number): Lookups {
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
      places: (messageIds) => messageIds.map((id) => this.place(key, id)),
      before: (order, stretch) => this.before(key, order, stretch),
      following: (order, stretch) => this.following(key, order, stretch),
      stretches: (epoch) => this.stretches(key, epoch),
      stretch: (id, bytes) => this.stretch(key, id, bytes),
      countedChild: (child) => this.remembered(key, 'child', child) > 0,
    }
  }

  /** Writes a message to its row; a finished one is queued for the search index. */
  write(key: number, message: Message, body = JSON.stringify(message)): void {
    const { id, order, epoch, role, status, metadata } = message
    const row = this.#db.get(
      `INSERT INTO messages (session, ord, id, epoch, role, open, created, author, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (session, ord) DO UPDATE
         SET id = excluded.id, open = excluded.open, created = excluded.created,
           author = excluded.author, body = excluded.body
       ON CONFLICT (session, id) DO UPDATE
         SET ord = excluded.ord, open = excluded.open, created = excluded.created,
           author = excluded.author, body = excluded.body
       RETURNING key`,
      key,
      order,
      id,
      epoch,
      role,
      Number(status === 'open'),
      metadata.createdAt,
      promptAuthor(message) ?? null,
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
      case 'forget':
        for (const id of change.stretches) this.#remove('session = ? AND hidden = ?', key, id)
        break
      case 'hide':
        this.#forgetWords('session = ? AND ord > ? AND hidden = 0', key, change.after)
        this.#db.run(
          'UPDATE messages SET hidden = ?, anchor = ? WHERE session = ? AND ord > ? AND hidden = 0',
          change.stretch,
          change.after,
          key,
          change.after,
        )
        break
      case 'show':
        this.#db.run(
          `INSERT OR IGNORE INTO unindexed (key)
           SELECT key FROM messages WHERE session = ? AND hidden = ?`,
          key,
          change.stretch,
        )
        this.#db.run(
          'UPDATE messages SET hidden = 0, anchor = NULL WHERE session = ? AND hidden = ?',
          key,
          change.stretch,
        )
        break
      case 'reanchor':
        this.#db.run(
          'UPDATE messages SET anchor = ? WHERE session = ? AND hidden > 0 AND anchor = ?',
          change.to,
          key,
          change.from,
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
      case 'end-epoch':
        for (const [name, count] of namesOf(change.epoch, change.used)) {
          this.remember(key, 'used', name, count)
        }
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

  remember(key: number, kind: CopiedName['kind'], id: string, count: number): void {
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
