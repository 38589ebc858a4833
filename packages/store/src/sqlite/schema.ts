import type { DatabaseSync } from 'node:sqlite'

import { StorageError } from '../storage.ts'

/**
 * One statement list per version of the schema, applied in order; `user_version` counts them.
 *
 * `log` holds what is not packed yet, of all sessions in one place, because a commit of a flush
 * window then touches one page instead of one per streaming session. When a session rests, its
 * part of the log becomes a block, and its messages and its row are written.
 */
const migrations = [
  `
  CREATE TABLE sessions (
    -- never used again, so that nothing of a deleted session can turn up in another
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    journal TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- what follows is of the state at record.seq; the log has what came after
    record TEXT NOT NULL,
    tag TEXT NOT NULL,
    recency INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    -- 1 while something runs or waits in the queue
    active INTEGER NOT NULL DEFAULT 0,
    process TEXT
  );
  CREATE INDEX sessions_revision ON sessions (revision);
  CREATE INDEX sessions_active ON sessions (active) WHERE active = 1;

  CREATE TABLE members (
    principal TEXT NOT NULL,
    session INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    read_up_to INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (principal, session)
  ) WITHOUT ROWID;
  CREATE INDEX members_session ON members (session);

  CREATE TABLE messages (
    session INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    open INTEGER NOT NULL,
    -- 1 for a finished answer: what unread counts
    answered INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (session, ord)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX messages_id ON messages (session, id);
  CREATE INDEX messages_open ON messages (session) WHERE open = 1;
  CREATE INDEX messages_answered ON messages (session, ord) WHERE answered = 1;

  CREATE TABLE log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    tag TEXT NOT NULL,
    body TEXT NOT NULL
  );

  CREATE TABLE blocks (
    session INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (session, first_seq)
  ) WITHOUT ROWID;

  CREATE TABLE removed (
    revision INTEGER NOT NULL,
    principal TEXT NOT NULL,
    session_id TEXT NOT NULL,
    PRIMARY KEY (principal, revision, session_id)
  ) WITHOUT ROWID;
  CREATE INDEX removed_revision ON removed (revision);

  CREATE TABLE processes (
    id TEXT PRIMARY KEY,
    beats INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
]

/** Brings the database to this version's schema; refuses one that a newer version wrote. */
export function migrate(db: DatabaseSync, path: string): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const row = db.prepare('PRAGMA user_version').get()
    const version = Number(row?.['user_version'] ?? 0)
    if (version > migrations.length) {
      throw new StorageError(
        'io',
        `${path} has schema version ${version}, and this version of @caughtup/store knows ${migrations.length} at most. ` +
          'Nothing was changed: use the newer version, or another file.',
      )
    }
    for (const statements of migrations.slice(version)) db.exec(statements)
    db.exec(`PRAGMA user_version = ${migrations.length}`)
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
