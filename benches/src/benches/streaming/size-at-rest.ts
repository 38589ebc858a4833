import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export interface SizeAtRest {
  /** Bytes of the database's files. */
  files: number
  /** Bytes of free pages among them, for later writes. */
  free: number
  /** Bytes of the search index among them: a feature that the plain layouts lack. */
  search: number
}

/** The size on disk of a closed database. */
export function sizeAtRest(file: string): SizeAtRest {
  let files = 0
  for (const suffix of ['', '-wal', '-shm']) {
    files += statSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0
  }
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    const read = (sql: string) => Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0)
    const free = read('PRAGMA freelist_count') * read('PRAGMA page_size')
    // An FTS5 table stores its data in tables that have its name as prefix.
    const search = read(`SELECT sum(pgsize) FROM dbstat WHERE EXISTS (
      SELECT 1 FROM sqlite_schema AS indexed WHERE indexed.sql LIKE 'CREATE VIRTUAL TABLE%fts5%'
      AND dbstat.name GLOB indexed.name || '_*')`)
    return { files, free, search }
  } finally {
    db.close()
  }
}
