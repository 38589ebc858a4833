import { escapeIdentifier, type Pool, type PoolClient } from 'pg'

import { StorageError } from '../../../port/storage-error.ts'
import { checkIn, checkOut } from './client.ts'

/**
 * Bodies are JSON as text: it holds every string that JavaScript has, which `jsonb` and raw text do not. Times
 * are ms, ids are compared byte by byte, and principals are keyed by a hash, since an index holds 2.7 kB at most.
 */
const tables = (schema: string) => `
CREATE TABLE ${schema}.sessions (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  -- The newest entry that also wrote this row: with the floor, the fence of those who append.
  seq bigint NOT NULL,
  floor bigint NOT NULL,
  updated_at bigint NOT NULL,
  active boolean NOT NULL,
  -- Who has to look after the run or the queue of an active one.
  keeper text COLLATE "C",
  hidden boolean NOT NULL,
  job boolean NOT NULL,
  copying boolean NOT NULL,
  body text NOT NULL
);
CREATE INDEX sessions_active ON ${schema}.sessions (keeper, key) WHERE active AND NOT hidden;
CREATE INDEX sessions_idle ON ${schema}.sessions (updated_at, id) WHERE NOT active AND NOT hidden;
CREATE INDEX sessions_job ON ${schema}.sessions (key) WHERE job;
CREATE INDEX sessions_copying ON ${schema}.sessions (key) WHERE copying;
CREATE TABLE ${schema}.events (
  session bigint NOT NULL,
  -- A row is one slice of one session. Never keyed by its last entry: two slices of different lengths from one
  -- place would both go in.
  first bigint NOT NULL,
  seq bigint NOT NULL,
  at bigint NOT NULL,
  tag text NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (session, first)
);
CREATE TABLE ${schema}.messages (
  session bigint NOT NULL,
  ord bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  revision bigint NOT NULL,
  role text NOT NULL,
  open boolean NOT NULL,
  -- The stretch that hides it and what that hangs on; 0 for a shown one.
  hidden bigint NOT NULL,
  anchor bigint NOT NULL,
  -- Of a prompt that a recall may find, a hash.
  author text COLLATE "C",
  created bigint NOT NULL,
  -- Written by maintenance.
  words tsvector,
  body text NOT NULL,
  PRIMARY KEY (session, ord),
  UNIQUE (session, id)
);
CREATE INDEX messages_open ON ${schema}.messages (session, ord) WHERE open;
CREATE INDEX messages_hidden ON ${schema}.messages (session, hidden) WHERE hidden > 0;
CREATE INDEX messages_unread ON ${schema}.messages (session, ord)
  WHERE role = 'assistant' AND NOT open AND hidden = 0;
CREATE INDEX messages_author ON ${schema}.messages (author, created DESC, session DESC, ord DESC)
  WHERE author IS NOT NULL AND hidden = 0;
CREATE INDEX messages_words ON ${schema}.messages USING gin (words);
CREATE INDEX messages_unindexed ON ${schema}.messages (session, ord) WHERE words IS NULL AND NOT open;
CREATE TABLE ${schema}.members (
  principal text COLLATE "C" NOT NULL,
  session bigint NOT NULL,
  place bigint NOT NULL,
  name text NOT NULL,
  read_up_to bigint NOT NULL,
  position bigint NOT NULL,
  recency bigint NOT NULL,
  PRIMARY KEY (principal, session)
);
CREATE INDEX members_session ON ${schema}.members (session, place);
CREATE INDEX members_position ON ${schema}.members (principal, position, session);
CREATE INDEX members_recency ON ${schema}.members (principal, recency DESC);
CREATE TABLE ${schema}.feeds (
  principal text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL,
  floor bigint NOT NULL DEFAULT 0
);
CREATE TABLE ${schema}.removals (
  principal text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (principal, position, session_id)
);
CREATE TABLE ${schema}.remembered (
  session bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (session, kind, hash)
);
CREATE TABLE ${schema}.owed (
  id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  session bigint NOT NULL,
  process text COLLATE "C" NOT NULL,
  due bigint NOT NULL,
  attempts bigint NOT NULL,
  body text NOT NULL
);
CREATE INDEX owed_process ON ${schema}.owed (process, due, number);
CREATE INDEX owed_session ON ${schema}.owed (session);
CREATE TABLE ${schema}.processes (id text COLLATE "C" PRIMARY KEY, beats bigint NOT NULL);
CREATE TABLE ${schema}.deleted (session bigint PRIMARY KEY);
CREATE TABLE ${schema}.calls (
  principal text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- By the server's clock.
  began bigint NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (principal, name)
);
-- One row at most. What may lose commits, a crash and a failover, empties an unlogged table.
CREATE UNLOGGED TABLE ${schema}.history (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  tag text NOT NULL DEFAULT right(gen_random_uuid()::text, 12)
);
`

/**
 * What each version of the tables added. A database with a later one is refused. What was released stays
 * as it is: a change is another entry.
 */
export const versions = [tables]

/** Makes the tables where they are missing. Any number of processes may do so at once. */
export async function migrate(pool: Pool, schema: string, known = versions): Promise<void> {
  const client = await checkOut(pool)
  let broken = false
  try {
    await client.query('BEGIN')
    // Processes that run would not come by tables that a crash took.
    await client.query(
      `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`,
    )
    // Of the transaction: a lock of the connection would not be one behind a pooler.
    const name = `caughtup:${schema}`
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name])
    await makeTables(client, schema, known)
    await client.query('COMMIT')
  } catch (error) {
    broken = true
    throw error
  } finally {
    // It takes the open transaction with it.
    checkIn(client, broken)
  }
}

async function makeTables(
  client: PoolClient,
  schema: string,
  known: typeof versions,
): Promise<void> {
  const quoted = escapeIdentifier(schema)
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted}`)
  await client.query(`CREATE TABLE IF NOT EXISTS ${quoted}.meta (version int NOT NULL)`)
  const { rows } = await client.query<{ version: number }>(`SELECT version FROM ${quoted}.meta`)
  const found = rows[0]?.version ?? 0
  if (found > known.length) {
    throw new StorageError(
      'io',
      `The tables in schema ${schema} have version ${found}, and this version of @caughtup/store knows ` +
        `${known.length} at most. Nothing was changed: use the newer version, or another schema.`,
    )
  }
  if (found === 0) await client.query(`INSERT INTO ${quoted}.meta VALUES (0)`)
  for (const added of known.slice(found)) await client.query(added(quoted))
  if (found < known.length) {
    await client.query(`UPDATE ${quoted}.meta SET version = ${known.length}`)
  }
}
