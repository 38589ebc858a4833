import type { Message } from '@caughtup/schema'

import type {
  AppendedRow,
  EventRow,
  MemberRow,
  MessageChange,
  OwedRow,
  RememberedKind,
  RemovedSession,
  SessionRow,
} from '../../rows/tables/rows.ts'
import type { SessionAsk, SessionImage, Transaction } from '../../rows/tables/tables.ts'
import { appendRows } from './append.ts'
import type { Run } from '../connection/client.ts'
import { images } from './images.ts'
import { PostgresReads } from './reads.ts'
import {
  escaped,
  hashOf,
  memberRow,
  messageValues,
  sessionValues,
  type StoredMember,
} from './stored.ts'

/** Removals that a principal's feed remembers; older cursors get the complete list. */
const rememberedRemovals = 10_000

export class PostgresTransaction extends PostgresReads implements Transaction {
  constructor(run: Run) {
    // Its sessions are locked, so that several statements see the same.
    super(run, (work) => work(run))
  }

  append(rows: readonly AppendedRow[]): Promise<boolean> {
    return appendRows(this.run, rows)
  }

  async lock(asks: readonly SessionAsk[]): Promise<(SessionImage | undefined)[]> {
    const { rows } = await this.run<{ key: number }>(
      'SELECT key FROM $schema.sessions WHERE id = ANY($1::text[]) ORDER BY key FOR NO KEY UPDATE',
      [asks.map(({ id }) => id)],
    )
    const locked = new Set(rows.map(({ key }) => key))
    const found = await images(this.run, asks)
    // One that was made anew meanwhile is not locked: for this transaction it is not there.
    return found.map((image) => (image && locked.has(image.row.key) ? image : undefined))
  }

  async insertSession(
    row: Omit<SessionRow, 'key'>,
    members: readonly string[],
  ): Promise<SessionRow | undefined> {
    const { id, seq, floor, updatedAt, active, keeper, hidden, job, copying, body } =
      sessionValues(row)
    const { rows } = await this.run<{ key: number }>(
      `INSERT INTO $schema.sessions (id, seq, floor, updated_at, active, keeper, hidden, job, copying, body)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING RETURNING key`,
      [id, seq, floor, updatedAt, active, keeper, hidden, job, copying, body],
    )
    const key = rows[0]?.key
    if (key === undefined) return undefined
    await this.run(
      `INSERT INTO $schema.members (session, principal, place, name, read_up_to, position, recency)
       SELECT $1, t.principal, t.place, t.name, 0, 0, $4
       FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS t(principal, name, place) ORDER BY 2`,
      [key, members.map(hashOf), members.map(escaped), row.record.recency],
    )
    return { ...row, key }
  }

  async addMember(session: number, { principal, readUpTo }: Omit<MemberRow, 'position'>) {
    await this.run(
      `INSERT INTO $schema.members (session, principal, place, name, read_up_to, position, recency)
       SELECT $1, $2, max(place) + 1, $3, $4, 0, max(recency) FROM $schema.members WHERE session = $1`,
      [session, hashOf(principal), escaped(principal), readUpTo],
    )
  }

  async removeMember(session: number, principal: string): Promise<void> {
    await this.run('DELETE FROM $schema.members WHERE session = $1 AND principal = $2', [
      session,
      hashOf(principal),
    ])
  }

  async updateSessions(rows: readonly SessionRow[]): Promise<void> {
    const values = rows.map(sessionValues)
    await this.run(
      `WITH t AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],
           $5::boolean[], $6::boolean[], $7::boolean[], $8::boolean[], $9::text[], $10::bigint[], $11::text[])
           AS t(key, seq, floor, updated_at, active, hidden, job, copying, body, recency, keeper)),
         m AS (UPDATE $schema.members m SET recency = t.recency FROM t
           WHERE m.session = t.key AND m.recency <> t.recency)
       UPDATE $schema.sessions s SET seq = t.seq, floor = t.floor, updated_at = t.updated_at, active = t.active,
       keeper = t.keeper, hidden = t.hidden, job = t.job, copying = t.copying, body = t.body FROM t WHERE s.key = t.key`,
      [
        rows.map(({ key }) => key),
        values.map(({ seq }) => seq),
        values.map(({ floor }) => floor),
        values.map(({ updatedAt }) => updatedAt),
        values.map(({ active }) => active),
        values.map(({ hidden }) => hidden),
        values.map(({ job }) => job),
        values.map(({ copying }) => copying),
        values.map(({ body }) => body),
        rows.map(({ record }) => record.recency),
        values.map(({ keeper }) => keeper),
      ],
    )
  }

  async deleteSession(session: number): Promise<void> {
    await this.run('DELETE FROM $schema.sessions WHERE key = $1', [session])
    await this.run('DELETE FROM $schema.members WHERE session = $1', [session])
    await this.run('DELETE FROM $schema.owed WHERE session = $1', [session])
    await this.run('INSERT INTO $schema.deleted VALUES ($1)', [session])
  }

  async owe(rows: readonly OwedRow[]): Promise<void> {
    await this.run(
      `INSERT INTO $schema.owed (id, session, process, due, attempts, body)
       SELECT t.id, t.session, t.process, t.due, t.attempts, t.body
       FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
         WITH ORDINALITY AS t(id, session, process, due, attempts, body, n) ORDER BY t.n`,
      [
        rows.map(({ hook }) => hook.id),
        rows.map(({ session }) => session),
        rows.map(({ process }) => process),
        rows.map(({ due }) => due),
        rows.map(({ attempts }) => attempts),
        rows.map(({ hook }) => JSON.stringify(hook)),
      ],
    )
  }

  async changeMessages(changes: readonly MessageChange[]): Promise<void> {
    for (const change of changes) await this.#change(change)
  }

  async rewriteEvents(rows: readonly EventRow[]): Promise<void> {
    await this.run(
      `UPDATE $schema.events e SET body = t.body FROM unnest($1::bigint[], $2::bigint[], $3::text[])
         AS t(session, first, body) WHERE e.session = t.session AND e.first = t.first`,
      [
        rows.map(({ session }) => session),
        rows.map(({ first }) => first),
        rows.map(({ events }) => JSON.stringify(events)),
      ],
    )
  }

  async removeEvents(session: number, upTo: number): Promise<void> {
    await this.run('DELETE FROM $schema.events WHERE session = $1 AND seq <= $2', [session, upTo])
  }

  async remember(
    session: number,
    kind: RememberedKind,
    counts: ReadonlyMap<string, number>,
  ): Promise<void> {
    const names = [...counts.keys()]
    await this.run(
      `INSERT INTO $schema.remembered (session, kind, hash, name, count)
       SELECT $1, $2, t.hash, t.name, t.count FROM unnest($3::text[], $4::text[], $5::bigint[])
         AS t(hash, name, count) ON CONFLICT (session, kind, hash) DO UPDATE SET count = excluded.count`,
      [session, kind, names.map(hashOf), names.map(escaped), [...counts.values()]],
    )
  }

  async copyImports(from: number, to: number): Promise<void> {
    await this.run(
      `INSERT INTO $schema.remembered (session, kind, hash, name, count)
       SELECT $2, kind, hash, name, count FROM $schema.remembered WHERE session = $1 AND kind = 'import'`,
      [from, to],
    )
  }

  async mark(session: number, upTo: number, principals?: readonly string[]): Promise<MemberRow[]> {
    const { rows } = await this.run<StoredMember>(
      `WITH marked AS (UPDATE $schema.members SET read_up_to = greatest(read_up_to, $2) WHERE session = $1
         AND ($3::text[] IS NULL OR principal = ANY($3)) RETURNING name, read_up_to, position, place)
       SELECT name, read_up_to, position FROM marked ORDER BY place`,
      [session, upTo, principals?.map(hashOf) ?? null],
    )
    return rows.map(memberRow)
  }

  async forgetRemovals(principal: string): Promise<void> {
    await this.run(
      `WITH f AS (SELECT principal FROM $schema.feeds WHERE principal = $1 FOR UPDATE),
         gone AS (DELETE FROM $schema.removals r USING f WHERE r.principal = f.principal RETURNING r.position)
       UPDATE $schema.feeds SET floor = greatest(floor, (SELECT max(position) FROM gone)) WHERE principal = $1`,
      [hashOf(principal)],
    )
  }

  async place(keys: readonly number[], removed?: RemovedSession): Promise<void> {
    const lost = removed?.principals.map(hashOf) ?? []
    await this.run(
      `WITH m AS (SELECT principal FROM $schema.members WHERE session = ANY($1::bigint[])
           UNION SELECT unnest($2::text[])),
         b AS (INSERT INTO $schema.feeds AS f (principal, position) SELECT principal, 1 FROM m ORDER BY 1
           ON CONFLICT (principal) DO UPDATE SET position = f.position + 1 RETURNING principal, position)
       UPDATE $schema.members SET position = b.position FROM b
       WHERE members.principal = b.principal AND members.session = ANY($1)`,
      [keys, lost],
    )
    if (!removed || lost.length === 0) return
    await this.run(
      `INSERT INTO $schema.removals (principal, position, session_id)
       SELECT principal, position, $2 FROM $schema.feeds WHERE principal = ANY($1::text[])`,
      [lost, removed.sessionId],
    )
    await this.run(
      `WITH gone AS (DELETE FROM $schema.removals r WHERE principal = ANY($1::text[]) AND position <= (
           SELECT position FROM $schema.removals WHERE principal = r.principal
           ORDER BY position DESC OFFSET ${rememberedRemovals} LIMIT 1) RETURNING principal, position)
       UPDATE $schema.feeds f SET floor = g.position FROM (
         SELECT principal, max(position) AS position FROM gone GROUP BY principal) g
       WHERE f.principal = g.principal AND f.principal = ANY($1::text[])`,
      [lost],
    )
  }

  async #change(change: MessageChange): Promise<void> {
    const { session } = change
    switch (change.change) {
      case 'put':
        return this.#put(session, change.messages, change.hidden)
      case 'remove':
        return this.#remove(session, 'id = ANY($2::text[])', [change.messageIds])
      case 'truncate':
        return this.#remove(session, 'ord > $2 AND hidden = 0', [change.after])
      case 'forget':
        return this.#remove(session, 'hidden = ANY($2::bigint[]) AND hidden > 0', [
          change.stretches,
        ])
      case 'hide':
        await this.run(
          `UPDATE $schema.messages SET hidden = $3, anchor = $2 WHERE session = $1 AND ord > $2 AND hidden = 0`,
          [session, change.after, change.stretch],
        )
        return
      case 'show':
        await this.run(
          'UPDATE $schema.messages SET hidden = 0, anchor = 0 WHERE session = $1 AND hidden = $2',
          [session, change.stretch],
        )
        return
      case 'reanchor':
        await this.run(
          'UPDATE $schema.messages SET anchor = $3 WHERE session = $1 AND hidden > 0 AND anchor = $2',
          [session, change.from, change.to],
        )
    }
  }

  async #put(
    session: number,
    messages: readonly Message[],
    hidden: { stretch: number; after: number } | undefined,
  ): Promise<void> {
    const values = messages.map(messageValues)
    await this.run(
      `INSERT INTO $schema.messages AS m (session, ord, id, epoch, revision, role, open, hidden, anchor, author,
         created, body)
       SELECT $1, t.ord, t.id, t.epoch, t.revision, t.role, t.open, coalesce($2::bigint, 0), coalesce($3::bigint, 0),
         t.author, t.created, t.body
       FROM unnest($4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::boolean[], $10::text[],
         $11::bigint[], $12::text[]) AS t(ord, id, epoch, revision, role, open, author, created, body) ORDER BY 2
       ON CONFLICT (session, ord) DO UPDATE SET id = excluded.id, epoch = excluded.epoch,
         revision = excluded.revision, role = excluded.role, open = excluded.open, author = excluded.author,
         created = excluded.created, body = excluded.body, words = NULL,
         hidden = coalesce($2, m.hidden), anchor = coalesce($3, m.anchor)`,
      [
        session,
        hidden?.stretch ?? null,
        hidden?.after ?? null,
        values.map(({ ord }) => ord),
        values.map(({ id }) => id),
        values.map(({ epoch }) => epoch),
        values.map(({ revision }) => revision),
        values.map(({ role }) => role),
        values.map(({ open }) => open),
        values.map(({ author }) => author),
        values.map(({ created }) => created),
        values.map(({ body }) => body),
      ],
    )
  }

  /** An id stays taken when its message is gone. */
  async #remove(session: number, which: string, values: readonly unknown[]): Promise<void> {
    const { rows } = await this.run<{ id: string }>(
      `DELETE FROM $schema.messages WHERE session = $1 AND ${which} RETURNING id`,
      [session, ...values],
    )
    if (rows.length === 0) return
    await this.remember(session, 'gone', new Map(rows.map(({ id }) => [id, 1])))
  }
}
