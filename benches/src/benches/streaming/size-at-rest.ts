import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export interface SizeAtRest {
  /** Bytes of the database's files. */
  files: number
  /** Of these, pages that are free: the next writes use them. */
  free: number
  /** Of these, tables of the search index, which is paid for by what it finds. */
  search: number
}

/** What a database that nobody has open takes on disk. */
export function sizeAtRest(file: string): SizeAtRest {
  let files = 0
  for (const suffix of ['', '-wal', '-shm']) {
    files += statSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0
  }
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    const read = (sql: string) => Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0)
    const free = read('PRAGMA freelist_count') * read('PRAGMA page_size')
    // An FTS5 table keeps what it has in tables that have its name as their prefix.
    const search = read(`SELECT sum(pgsize) FROM dbstat WHERE EXISTS (
      SELECT 1 FROM sqlite_schema AS indexed WHERE indexed.sql LIKE 'CREATE VIRTUAL TABLE%fts5%'
      AND dbstat.name GLOB indexed.name || '_*')`)
    return { files, free, search }
  } finally {
    db.close()
  }
}
