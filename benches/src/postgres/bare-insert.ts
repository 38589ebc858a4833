import type pg from 'pg'

import { windowMs } from '../benches/streaming/layouts/layout.ts'
import type { PostgresLayout } from './postgres-layout.ts'

/**
 * The plainest way to store windows: one statement for all answers, with rows as the store's own, and nothing that
 * would notice another writer.
 */
export async function bareInsert(pool: pg.Pool, schema: string): Promise<PostgresLayout> {
  await pool.query(`CREATE SCHEMA "${schema}"`)
  await pool.query(`CREATE TABLE "${schema}".events (session bigint NOT NULL, first bigint NOT NULL,
    seq bigint NOT NULL, at bigint NOT NULL, tag text NOT NULL, body text NOT NULL, PRIMARY KEY (session, first))`)
  const statement = {
    name: 'insert',
    text: `INSERT INTO "${schema}".events (session, first, seq, at, tag, body)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])`,
  }
  const durations: number[] = []
  const seqs: number[] = []
  let waiting = new Map<number, string>()
  let writing: Promise<void> | undefined

  const write = async () => {
    const rows = [...waiting]
    waiting = new Map()
    if (rows.length === 0) return
    const at = Date.now()
    const of = rows.map(([answer, text]) => ({
      answer,
      text,
      seq: (seqs[answer] = (seqs[answer] ?? 3) + 1),
    }))
    const startedAt = performance.now()
    await pool.query({
      ...statement,
      values: [
        of.map(({ answer }) => answer),
        of.map(({ seq }) => seq),
        of.map(({ seq }) => seq),
        of.map(() => at),
        of.map(() => 'aB3dE5gH'),
        of.map(({ answer, text, seq }) =>
          JSON.stringify([
            {
              seq,
              from: seq,
              at,
              type: 'message-delta',
              runId: `run-${answer}`,
              messageId: `answer-${answer}`,
              ops: [{ op: 'text', part: 0, text }],
            },
          ]),
        ),
      ],
    })
    durations.push(performance.now() - startedAt)
  }
  const timer = setInterval(() => {
    // A statement that takes longer than a window gathers more for the next one.
    writing ??= write().finally(() => (writing = undefined))
  }, windowMs)
  return {
    async start(answer) {
      seqs[answer] = 3
    },
    append: (answer, text) => void waiting.set(answer, (waiting.get(answer) ?? '') + text),
    async flush() {
      await writing
      await write()
    },
    takeDurations: () => durations.splice(0),
    async close() {
      clearInterval(timer)
      await writing
    },
  }
}
