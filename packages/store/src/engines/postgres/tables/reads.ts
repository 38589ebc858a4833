import type { Message } from '@caughtup/schema'

import type { IdStatus, MessagePlace, Stretch } from '../../../core/lookups.ts'
import type { IdleQuery } from '../../../port/sessions.ts'
import type { HiddenIn } from '../../../port/session-copy.ts'
import type {
  MemberRow,
  RememberedKind,
  SessionRow,
  CountedName,
  RememberedName,
} from '../../rows/tables/rows.ts'
import type {
  CandidateQuery,
  DueQuery,
  FeedQuery,
  FeedRows,
  PromptRows,
  PromptRowsQuery,
  SessionAsk,
  SessionImage,
  SessionReading,
  TableReads,
  Wanted,
} from '../../rows/tables/tables.ts'
import type { Run } from '../connection/client.ts'
import { images } from './images.ts'
import * as lists from './lists.ts'
import { readSession } from './reading.ts'
import {
  bounded,
  escaped,
  hashOf,
  hiddenIn,
  memberRow,
  messageOf,
  sessionRow,
  type StoredMember,
  type StoredMessage,
  type StoredSession,
  unescaped,
} from './stored.ts'

export type Snapshot = <T>(work: (run: Run) => Promise<T>) => Promise<T>

/** Reads of what is committed, or within a transaction. */
export class PostgresReads implements TableReads {
  protected readonly run: Run
  /** Several statements as of one moment. */
  readonly #snapshot: Snapshot

  constructor(run: Run, snapshot: Snapshot) {
    this.run = run
    this.#snapshot = snapshot
  }

  async session(id: string, principal?: string): Promise<SessionRow | undefined> {
    const { rows } = await this.run<StoredSession>(
      `SELECT key, body FROM $schema.sessions s WHERE id = $1 AND NOT hidden AND ($2::text IS NULL
       OR EXISTS (SELECT FROM $schema.members m WHERE m.session = s.key AND m.principal = $2))`,
      [id, principal === undefined ? null : hashOf(principal)],
    )
    return rows[0] && sessionRow(rows[0])
  }

  sessions(asks: readonly SessionAsk[]): Promise<(SessionImage | undefined)[]> {
    return images(this.run, asks)
  }

  async members(sessionId: string): Promise<MemberRow[]> {
    const { rows } = await this.run<StoredMember>(
      `SELECT m.name, m.read_up_to, m.position FROM $schema.members m
       JOIN $schema.sessions s ON s.key = m.session WHERE s.id = $1 AND NOT s.hidden ORDER BY m.place`,
      [sessionId],
    )
    return rows.map(memberRow)
  }

  read(ask: SessionAsk, wanted: Wanted): Promise<SessionReading | undefined> {
    return readSession(this.run, ask, wanted)
  }

  async messagesById(session: number, ids: readonly string[]): Promise<(Message | undefined)[]> {
    if (ids.length === 0) return []
    const { rows } = await this.run<StoredMessage>(
      `SELECT body FROM $schema.messages WHERE session = $1 AND id = ANY((SELECT $2::text[])::text[])
       AND hidden = 0`,
      [session, ids],
    )
    const found = new Map(rows.map(messageOf).map((message) => [message.id, message]))
    return ids.map((id) => found.get(id))
  }

  async idStatus(session: number, ids: readonly string[]): Promise<IdStatus[]> {
    const { rows } = await this.run<{ is_there: boolean; is_gone: boolean }>(
      `SELECT EXISTS (SELECT FROM $schema.messages WHERE session = $1 AND id = t.id) AS is_there,
       EXISTS (SELECT FROM $schema.remembered WHERE session = $1 AND kind = 'gone' AND hash = t.hash) AS is_gone
       FROM unnest((SELECT $2::text[]), (SELECT $3::text[])) WITH ORDINALITY AS t(id, hash, n) ORDER BY t.n`,
      [session, ids, ids.map(hashOf)],
    )
    return rows.map(({ is_there, is_gone }) => {
      if (is_there) return 'exists'
      return is_gone ? 'gone' : 'free'
    })
  }

  async countAfter(session: number, order: number): Promise<number> {
    const { rows } = await this.run<{ count: number }>(
      'SELECT count(*) FROM $schema.messages WHERE session = $1 AND hidden = 0 AND ord > $2',
      [session, order],
    )
    return rows[0]?.count ?? 0
  }

  async lastPrompt(session: number, from: number, upTo: number): Promise<number | undefined> {
    const { rows } = await this.run<{ ord: number }>(
      `SELECT ord FROM $schema.messages WHERE session = $1 AND hidden = 0 AND role = 'user'
       AND ord BETWEEN $2 AND $3 ORDER BY ord DESC LIMIT 1`,
      [session, from, upTo],
    )
    return rows[0]?.ord
  }

  async places(session: number, ids: readonly string[]): Promise<(MessagePlace | undefined)[]> {
    const { rows } = await this.run<{ id: string; ord: number; epoch: number; hidden: number }>(
      'SELECT id, ord, epoch, hidden FROM $schema.messages WHERE session = $1 AND id = ANY((SELECT $2::text[])::text[])',
      [session, ids],
    )
    const found = new Map(rows.map((row) => [row.id, row]))
    return ids.map((id) => {
      const row = found.get(id)
      return row && { order: row.ord, epoch: row.epoch, stretch: row.hidden }
    })
  }

  async before(session: number, order: number, stretch: number): Promise<number | undefined> {
    const { rows } = await this.run<{ ord: number }>(
      `SELECT ord FROM $schema.messages WHERE session = $1 AND hidden = $3 AND ord < $2
       ORDER BY ord DESC LIMIT 1`,
      [session, order, stretch],
    )
    return rows[0]?.ord
  }

  async following(session: number, order: number, stretch: number): Promise<Message | undefined> {
    const { rows } = await this.run<StoredMessage>(
      `SELECT body FROM $schema.messages WHERE session = $1 AND hidden = $3 AND ord > $2
       ORDER BY ord LIMIT 1`,
      [session, order, stretch],
    )
    return rows[0] && messageOf(rows[0])
  }

  async stretches(session: number, epoch: number): Promise<Stretch[]> {
    interface Row {
      id: number
      after: number
      within: number | null
      first: number
      last: number
      count: number
      has_prompt: boolean
    }
    const { rows } = await this.run<Row>(
      `SELECT h.*, a.hidden AS within FROM (
         SELECT hidden AS id, min(anchor) AS after, min(ord) AS first, max(ord) AS last, count(*) AS count,
         bool_or(role = 'user') AS has_prompt FROM $schema.messages
         WHERE session = $1 AND hidden > 0 AND epoch = $2 GROUP BY hidden) h
       LEFT JOIN $schema.messages a ON a.session = $1 AND a.ord = h.after ORDER BY h.first`,
      [session, epoch],
    )
    return rows.map(({ within, has_prompt: hasPrompt, ...row }) => {
      return { ...row, within: within ?? 0, hasPrompt }
    })
  }

  async stretch(session: number, id: number, bytes: number): Promise<Message[] | undefined> {
    const { rows } = await this.run<StoredMessage>(
      `SELECT body FROM $schema.messages WHERE session = $1 AND hidden = $2 AND $3 >= (
         SELECT coalesce(sum(octet_length(body)) FILTER (WHERE NOT open), 0) FROM $schema.messages
         WHERE session = $1 AND hidden = $2) ORDER BY ord`,
      [session, id, bytes],
    )
    if (rows.length > 0) return rows.map(messageOf)
    const { rows: some } = await this.run(
      'SELECT 1 FROM $schema.messages WHERE session = $1 AND hidden = $2 LIMIT 1',
      [session, id],
    )
    return some.length > 0 ? undefined : []
  }

  async remembered(
    session: number,
    kind: RememberedKind,
    ids: readonly string[],
  ): Promise<Map<string, number>> {
    const { rows } = await this.run<StoredName>(
      `SELECT kind, name, count FROM $schema.remembered WHERE session = $1 AND kind = $2
       AND hash = ANY((SELECT $3::text[])::text[])`,
      [session, kind, ids.map(hashOf)],
    )
    return new Map(rows.map(countedName).map(({ id, count }) => [id, count]))
  }

  async rememberedBetween(
    session: number,
    kind: RememberedKind,
    { after, before }: { after: string; before: string },
  ): Promise<Map<string, number>> {
    const { rows } = await this.run<StoredName>(
      `SELECT kind, name, count FROM $schema.remembered WHERE session = $1 AND kind = $2
       AND name > $3 AND name < $4`,
      [session, kind, escaped(after), escaped(before)],
    )
    return new Map(rows.map(countedName).map(({ id, count }) => [id, count]))
  }

  async names(
    session: number,
    after: RememberedName | undefined,
    limit: number,
  ): Promise<CountedName[]> {
    const { rows } = await this.run<StoredName>(
      `SELECT kind, name, count FROM $schema.remembered WHERE session = $1
       AND ($2::text IS NULL OR (kind, name) > ($2, $3::text)) ORDER BY kind, name LIMIT $4`,
      [session, after?.kind ?? null, after ? escaped(after.id) : null, limit],
    )
    return rows.map(countedName)
  }

  async allMessages(
    session: number,
    after: number,
    limit: number,
  ): Promise<{ message: Message; hidden?: HiddenIn }[]> {
    const { rows } = await this.run<StoredMessage>(
      `SELECT ord, hidden, anchor, body FROM $schema.messages WHERE session = $1 AND ord > $2
       ORDER BY ord LIMIT $3`,
      [session, after, limit],
    )
    return rows.map((row) => {
      const hidden = hiddenIn(row)
      return { message: messageOf(row), ...(hidden && { hidden }) }
    })
  }

  async feed(principal: string, query: FeedQuery): Promise<FeedRows> {
    for (;;) {
      const found = await this.#snapshot((run) => lists.feed(run, hashOf(principal), query))
      if (found) return found
      await this.history()
    }
  }

  /** A crash of the server, and a standby that takes its place, empty an unlogged table. */
  protected async history(): Promise<string> {
    for (;;) {
      const { rows } = await this.run<{ tag: string }>('SELECT tag FROM $schema.history')
      if (rows[0]) return rows[0].tag
      await this.run('INSERT INTO $schema.history DEFAULT VALUES ON CONFLICT DO NOTHING')
    }
  }

  candidates(query: CandidateQuery): Promise<{ sessionId: string; message: Message }[]> {
    return lists.candidates(this.run, query)
  }

  prompts(query: PromptRowsQuery): Promise<PromptRows> {
    return lists.prompts(this.run, query)
  }

  async active(keepers?: readonly string[]): Promise<string[]> {
    const { rows } = await this.run<{ id: string }>(
      `SELECT id FROM $schema.sessions WHERE active AND NOT hidden
       ${keepers ? 'AND keeper = ANY((SELECT $1::text[])::text[])' : ''} ORDER BY key`,
      keepers ? [keepers] : [],
    )
    return rows.map(({ id }) => id)
  }

  idle({ until, after, limit }: IdleQuery): Promise<SessionImage[]> {
    return this.#snapshot(async (run) => {
      const { rows } = await run<{ id: string }>(
        `SELECT id FROM $schema.sessions WHERE NOT active AND NOT hidden AND updated_at <= $1
         AND (updated_at, id) > ($2, $3::text) ORDER BY updated_at, id LIMIT $4`,
        [bounded(until), after?.updatedAt ?? -1, after?.sessionId ?? '', limit],
      )
      const sessions = await images(run, rows)
      return sessions.filter((image) => image !== undefined)
    })
  }

  async due({ after, limit, retention, copying }: DueQuery): Promise<SessionRow[]> {
    if (copying || !retention) {
      const flag = copying ? 'copying' : 'job'
      const { rows } = await this.run<StoredSession>(
        `SELECT key, body FROM $schema.sessions WHERE ${flag} AND key > $1 ORDER BY key LIMIT $2`,
        [after, limit],
      )
      return rows.map(sessionRow)
    }
    const { rows } = await this.run<StoredSession>(
      `SELECT key, body FROM $schema.sessions s WHERE key > $1 AND NOT hidden AND (
         (SELECT at FROM $schema.events WHERE session = s.key ORDER BY first LIMIT 1) < $3
         OR (SELECT greatest(s.seq, max(seq)) FROM $schema.events WHERE session = s.key) - s.floor > $4)
       ORDER BY key LIMIT $2`,
      // Numbers beyond those of the database are bounds that nothing meets.
      [after, limit, bounded(retention.before), bounded(retention.events)],
    )
    return rows.map(sessionRow)
  }
}

interface StoredName {
  kind: RememberedKind
  name: string
  count: number
}

function countedName({ kind, name, count }: StoredName): CountedName {
  return { kind, id: unescaped(name), count }
}
