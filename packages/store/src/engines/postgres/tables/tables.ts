import { searchText } from '../../../core/reading/search-text.ts'
import { words } from '../../../core/reading/search-words.ts'
import type { CountedCall } from '../../../port/calls.ts'
import type { OwedHook } from '../../../port/owed.ts'
import type { AppendedRow, OwedRow, ProcessBeats, WrittenRow } from '../../rows/tables/rows.ts'
import type { Tables, Transaction } from '../../rows/tables/tables.ts'
import { appendRows } from './append.ts'
import type { Client } from '../connection/client.ts'
import { PostgresReads } from './reads.ts'
import { hashOf, messageOf } from './stored.ts'
import { PostgresTransaction } from './transaction.ts'

/** Rows that a step of maintenance writes. */
const stepRows = 500

/** The row engine's tables in PostgreSQL. */
export class PostgresTables extends PostgresReads implements Tables {
  readonly #client: Client

  constructor(client: Client) {
    super(client.read, (work) => client.snapshot(work))
    this.#client = client
  }

  append(rows: readonly AppendedRow[], newest?: WrittenRow): Promise<boolean> {
    return appendRows(this.#client.write, rows, newest)
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#client.transaction((run) => work(new PostgresTransaction(run)))
  }

  async heartbeat(process: string): Promise<string> {
    await this.#client.write(
      `INSERT INTO $schema.processes AS p (id, beats) VALUES ($1, 1)
       ON CONFLICT (id) DO UPDATE SET beats = p.beats + 1`,
      [process],
    )
    return this.history()
  }

  async beats(processes?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.run<{ id: string; beats: number }>(
      'SELECT id, beats FROM $schema.processes WHERE $1::text[] IS NULL OR id = ANY($1)',
      [processes ?? null],
    )
    return new Map(rows.map(({ id, beats }) => [id, beats]))
  }

  async leading(): Promise<ProcessBeats[]> {
    // From one process to the next in the index, as below.
    const of = '$schema.sessions WHERE active AND NOT hidden AND keeper'
    const { rows } = await this.run<ProcessBeats>(
      `WITH RECURSIVE k AS (SELECT min(keeper) AS keeper FROM ${of} > '' UNION ALL
         SELECT (SELECT min(keeper) FROM ${of} > k.keeper) FROM k WHERE keeper IS NOT NULL)
       SELECT k.keeper AS process, coalesce(p.beats, 0) AS beats FROM k
       LEFT JOIN $schema.processes p ON p.id = k.keeper WHERE k.keeper IS NOT NULL`,
    )
    return rows
  }

  async forgetProcesses(beats: ReadonlyMap<string, number>): Promise<void> {
    await this.#client.write(
      `DELETE FROM $schema.processes p USING unnest($1::text[], $2::bigint[]) AS t(id, beats)
       WHERE p.id = t.id AND p.beats = t.beats`,
      [[...beats.keys()], [...beats.values()]],
    )
  }

  async owed(process: string, limit: number): Promise<OwedRow[]> {
    const { rows } = await this.run<StoredOwed>(
      `SELECT session, process, due, attempts, body FROM $schema.owed WHERE process = $1
       ORDER BY due, number LIMIT $2`,
      [process, limit],
    )
    return rows.map(owedRow)
  }

  async owedIn(session: number): Promise<OwedRow[]> {
    const { rows } = await this.run<StoredOwed>(
      `SELECT session, process, due, attempts, body FROM $schema.owed WHERE session = $1
       ORDER BY due, number`,
      [session],
    )
    return rows.map(owedRow)
  }

  async owing(): Promise<ProcessBeats[]> {
    const { rows } = await this.run<ProcessBeats>(
      // From one process to the next in the index: `DISTINCT` would read the whole table.
      `WITH RECURSIVE o AS (SELECT min(process) AS process FROM $schema.owed UNION ALL
         SELECT (SELECT min(process) FROM $schema.owed WHERE process > o.process) FROM o WHERE process IS NOT NULL)
       SELECT o.process, coalesce(p.beats, 0) AS beats FROM o
       LEFT JOIN $schema.processes p ON p.id = o.process WHERE o.process IS NOT NULL`,
    )
    return rows
  }

  async takeOwed(from: string, to: string): Promise<void> {
    await this.#client.write('UPDATE $schema.owed SET process = $2 WHERE process = $1', [from, to])
  }

  async postponeOwed(id: string, process: string, due: number): Promise<void> {
    await this.#client.write(
      'UPDATE $schema.owed SET due = $3, attempts = attempts + 1 WHERE id = $1 AND process = $2',
      [id, process, due],
    )
  }

  async settleOwed(id: string): Promise<void> {
    await this.#client.write('DELETE FROM $schema.owed WHERE id = $1', [id])
  }

  async countCall({ principal, name, most, within }: CountedCall): Promise<number> {
    // By the server's clock. One that waited for the row began before what it waited for.
    const { rows } = await this.run<{ count: number; left: number }>(
      `INSERT INTO $schema.calls AS c (principal, name, began, count)
       VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, 1)
       ON CONFLICT (principal, name) DO UPDATE SET
         count = CASE WHEN abs(excluded.began - c.began) < $4 THEN least(c.count, $3) + 1 ELSE 1 END,
         began = CASE WHEN abs(excluded.began - c.began) < $4 THEN c.began ELSE excluded.began END
       RETURNING count, began + $4 - (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS left`,
      [hashOf(principal), name, most, within],
    )
    const [{ count, left } = { count: 0, left: 0 }] = rows
    return count > most ? Math.max(1, left) : 0
  }

  async forgetCalls(principal: string): Promise<void> {
    await this.run('DELETE FROM $schema.calls WHERE principal = $1', [hashOf(principal)])
  }

  async maintain(): Promise<boolean> {
    return (await this.#removeDeleted()) || (await this.#indexWords())
  }

  /** Rows that a deleted session left. */
  async #removeDeleted(): Promise<boolean> {
    const { rows } = await this.run<{ session: number }>(
      'SELECT session FROM $schema.deleted ORDER BY session LIMIT 1',
    )
    const session = rows[0]?.session
    if (session === undefined) return false
    for (const table of ['messages', 'events', 'remembered']) {
      const { rowCount } = await this.#client.write(
        `DELETE FROM $schema.${table} WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM $schema.${table} WHERE session = $1 LIMIT ${stepRows}))`,
        [session],
      )
      if (rowCount > 0) return true
    }
    await this.#client.write('DELETE FROM $schema.deleted WHERE session = $1', [session])
    return true
  }

  async #indexWords(): Promise<boolean> {
    const { rows } = await this.run<{
      session: number
      ord: number
      revision: number
      body: string
    }>(
      `SELECT session, ord, revision, body FROM $schema.messages WHERE words IS NULL AND NOT open
       ORDER BY session, ord LIMIT ${stepRows}`,
    )
    if (rows.length === 0) return false
    const found = rows.map((row) => [...new Set(words(searchText(messageOf(row))))].join('\n'))
    await this.#client.write(
      // One that has changed meanwhile is indexed with its next text.
      `UPDATE $schema.messages m SET words = array_to_tsvector(array_remove(string_to_array(t.words, E'\\n'), ''))
       FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS t(session, ord, revision, words)
       WHERE m.session = t.session AND m.ord = t.ord AND m.revision = t.revision AND m.words IS NULL`,
      [
        rows.map(({ session }) => session),
        rows.map(({ ord }) => ord),
        rows.map(({ revision }) => revision),
        found,
      ],
    )
    return true
  }
}

interface StoredOwed {
  session: number
  process: string
  due: number
  attempts: number
  body: string
}

function owedRow({ body, ...row }: StoredOwed): OwedRow {
  const hook: OwedHook = JSON.parse(body)
  return { ...row, hook }
}
