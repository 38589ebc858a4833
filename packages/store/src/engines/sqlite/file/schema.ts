import type { DatabaseSync } from 'node:sqlite'

import { StorageError } from '../../../port/storage-error.ts'

/** Marks a file as ours: "Cgup" (https://sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x43_67_75_70

/**
 * One statement list per version of the schema, applied in order; `user_version` counts them. What was
 * released stays as it is: a change is another list.
 *
 * `log` has one row per commit, of all sessions in one place, because a commit of a flush window
 * then touches one page instead of one per streaming session. When a session is idle, it is
 * packed: its entries in the log become blocks, and its messages and its row are written.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE sessions (
    -- never used again, so that nothing of a deleted session can turn up in another
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    journal TEXT NOT NULL,
    title TEXT NOT NULL,
    -- what the host keeps about a session, as JSON
    metadata TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- the state at record.seq without its queue, and the tag of who wrote that; the log has what came after
    record TEXT NOT NULL,
    tag TEXT NOT NULL,
    recency INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    -- 1 while something runs or waits in the queue
    active INTEGER NOT NULL DEFAULT 0,
    process TEXT,
    -- blocks and message rows hold the journal up to this seq
    packed INTEGER NOT NULL DEFAULT 0,
    -- retention removed entries up to this seq; the tag of who wrote that one
    floor INTEGER NOT NULL DEFAULT 0,
    floor_tag TEXT NOT NULL DEFAULT '',
    -- a fork that is not complete is nobody's yet: the key of its source, and the order up to which;
    -- and so is a copy from another database: 0, and the number of the stretch that it has got to
    fork_of INTEGER,
    fork_up_to INTEGER
  );
  CREATE INDEX sessions_revision ON sessions (revision);
  CREATE INDEX sessions_active ON sessions (active) WHERE active = 1;
  -- where nothing runs or waits, the longest idle first; a commit in a run leaves it alone
  CREATE INDEX sessions_idle ON sessions (updated_at, id) WHERE active = 0 AND fork_of IS NULL;
  CREATE INDEX sessions_forks ON sessions (fork_of) WHERE fork_of IS NOT NULL;

  -- each principal's list in its two orders: a session's row says them, and the members repeat them
  CREATE TABLE members (
    principal TEXT NOT NULL,
    session INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    read_up_to INTEGER NOT NULL DEFAULT 0,
    recency INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (principal, session)
  ) WITHOUT ROWID;
  CREATE INDEX members_session ON members (session);
  CREATE INDEX members_recency ON members (principal, recency);
  CREATE INDEX members_revision ON members (principal, revision);
  CREATE TRIGGER sessions_listed AFTER UPDATE OF recency, revision ON sessions
    WHEN new.recency <> old.recency OR new.revision <> old.revision
  BEGIN
    UPDATE members SET recency = new.recency, revision = new.revision WHERE session = new.key;
  END;

  CREATE TABLE messages (
    key INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    role TEXT NOT NULL,
    open INTEGER NOT NULL,
    -- when it says it was written, in ms: what a search goes by
    created INTEGER NOT NULL,
    -- 0, or the version that it belongs to, a number of its session's own; and the order of the message
    -- before that version's first
    hidden INTEGER NOT NULL DEFAULT 0,
    anchor INTEGER,
    -- who sent a prompt, for those that recall their own
    author TEXT,
    body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX messages_ord ON messages (session, ord);
  CREATE UNIQUE INDEX messages_id ON messages (session, id);
  CREATE INDEX messages_open ON messages (session) WHERE open = 1;
  CREATE INDEX messages_hidden ON messages (session, hidden) WHERE hidden > 0;
  -- finished answers: what unread counts
  CREATE INDEX messages_answered ON messages (session, ord)
    WHERE role = 'assistant' AND open = 0 AND hidden = 0;
  CREATE INDEX messages_author ON messages (author, created, session, ord)
    WHERE author IS NOT NULL AND hidden = 0;

  -- the index is given folded words, and only separates them at spaces: to the tokenizer "ascii",
  -- whatever is not ASCII belongs to a word
  CREATE VIRTUAL TABLE words USING fts5 (
    session, body, content='', contentless_delete=1, tokenize='ascii'
  );
  -- finished messages that are not in the index of words yet
  CREATE TABLE unindexed (key INTEGER PRIMARY KEY);

  -- what waits in a session, in the order of place: the record without it stays short
  CREATE TABLE queue (
    key INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    place INTEGER NOT NULL,
    run TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX queue_place ON queue (session, place);
  CREATE UNIQUE INDEX queue_run ON queue (session, run);

  -- what a session has to know for ever: 'gone' ids of messages, 'child' ledgers it has counted,
  -- 'import' identities with how often they came
  CREATE TABLE remembered (
    session INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (session, kind, id)
  ) WITHOUT ROWID;

  CREATE TABLE log (
    -- never used again, since the newest row always stays
    id INTEGER PRIMARY KEY,
    tag TEXT NOT NULL,
    body TEXT NOT NULL
  );

  CREATE TABLE blocks (
    key INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    first_epoch INTEGER NOT NULL,
    last_epoch INTEGER NOT NULL,
    -- entries as retention counts them, and by type
    entries INTEGER NOT NULL DEFAULT 0,
    counts TEXT NOT NULL,
    body BLOB NOT NULL
  );
  CREATE UNIQUE INDEX blocks_seq ON blocks (session, first_seq);

  -- removals for the activity feed; those up to the row of the principal '' are forgotten
  CREATE TABLE removed (
    revision INTEGER NOT NULL,
    principal TEXT NOT NULL,
    session_id TEXT NOT NULL,
    PRIMARY KEY (principal, revision, session_id)
  ) WITHOUT ROWID;
  CREATE INDEX removed_revision ON removed (revision);

  -- deleted sessions some of whose rows are left
  CREATE TABLE leftovers (session INTEGER PRIMARY KEY);

  -- erased messages that older blocks may still tell of: ids as JSON, blocks from this seq on;
  -- and with key 0 that the index of words is to be rewritten (next_seq 1: is being), with key -1 that
  -- the file is, when it is closed
  CREATE TABLE erasures (
    key INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    ids TEXT NOT NULL,
    next_seq INTEGER NOT NULL
  );
  CREATE INDEX erasures_session ON erasures (session);

  -- calls of hooks that commits owe, with the process that makes them
  CREATE TABLE owed (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session INTEGER NOT NULL,
    process TEXT NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL
  );
  CREATE INDEX owed_due ON owed (process, due);
  CREATE INDEX owed_session ON owed (session);

  CREATE TABLE processes (
    id TEXT PRIMARY KEY,
    beats INTEGER NOT NULL
  ) WITHOUT ROWID;

  -- how often principals called, since when
  CREATE TABLE calls (
    principal TEXT NOT NULL,
    name TEXT NOT NULL,
    began INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (principal, name)
  ) WITHOUT ROWID;
  `,
]

/**
 * The file's version, 0 for a new one.
 *
 * @throws StorageError for a file that this package did not make, or a newer version of it; nothing
 *   is changed in it
 */
export function versionOf(db: DatabaseSync, path: string, known = migrations.length): number {
  const version = pragma(db, 'user_version')
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()
  const isNew = version === 0 && Number(tables?.['n']) === 0
  if (!isNew && pragma(db, 'application_id') !== applicationId) {
    throw new StorageError('io', `${path} is not a Caughtup database; it was left unchanged.`)
  }
  if (version > known) {
    throw new StorageError(
      'io',
      `${path} has schema version ${version}, and this version of @caughtup/store knows ${known} at most. ` +
        'Nothing was changed: use the newer version, or another file.',
    )
  }
  return version
}

/** Brings the database to this version's schema. */
export function migrate(db: DatabaseSync, path: string, versions = migrations): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const statements of versions.slice(versionOf(db, path, versions.length))) {
      db.exec(statements)
    }
    db.exec(`PRAGMA application_id = ${applicationId}`)
    db.exec(`PRAGMA user_version = ${versions.length}`)
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}
