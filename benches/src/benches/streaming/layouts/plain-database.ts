import { DatabaseSync } from 'node:sqlite'

/**
 * The database of the plain layouts. They get every advantage that costs them nothing: prepared
 * statements, integers for ids, rows clustered by session, no index, no checks.
 */
export function plainDatabase(file: string) {
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('PRAGMA synchronous = normal')
  db.exec(`
    CREATE TABLE IF NOT EXISTS events (
      session INTEGER, seq INTEGER, body TEXT, PRIMARY KEY (session, seq)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS messages (
      session INTEGER, ord INTEGER, body TEXT, PRIMARY KEY (session, ord)
    ) WITHOUT ROWID;
  `)
  const insertEvent = db.prepare('INSERT INTO events VALUES (?, ?, ?)')
  const putMessage = db.prepare('INSERT OR REPLACE INTO messages VALUES (?, ?, ?)')
  return {
    exec: (sql: string) => db.exec(sql),
    insertDelta(session: number, seq: number, text: string) {
      insertEvent.run(session, seq, JSON.stringify({ type: 'delta', at: Date.now(), text }))
    },
    putPrompt(session: number) {
      const message = { id: `prompt-${session}`, role: 'user', text: 'Tell me more.' }
      putMessage.run(session, 1, JSON.stringify(message))
    },
    putAnswer(session: number, text: string, status: 'open' | 'done') {
      const message = { id: `answer-${session}`, role: 'assistant', text, status }
      putMessage.run(session, 2, JSON.stringify(message))
    },
    close: () => db.close(),
  }
}
