import { cpSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { postgresSchema } from '@caughtup/local-services/postgres'
import { type Clock, systemClock } from '@caughtup/schema/clock'
import type { StorageFactory } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import { sqlite } from '@caughtup/store/sqlite'

import { SteppedAgent } from '../../system/stepped-agent.ts'
import { comeBack } from '../host/come-back.ts'
import { type Host, openHost } from '../host/host.ts'
import { reopen } from '../host/opened.ts'
import { readShown } from '../host/shown.ts'
import { type Dump, dumpRows, loadDump, noteStatements } from '../recorded/dump.ts'
import { type Device, type Expected, writeJson } from '../recorded/releases.ts'
import { live } from './life.ts'

/** When all recordings begin. */
const start = Date.UTC(2026, 10, 30, 12)
/** When what was recorded is read again. */
export const readAt = start + 600_000

/** @returns what devices had of its sessions on the way */
export async function recordSqlite(folder: string, work: string): Promise<Device[]> {
  const recorded = path.join(folder, 'sqlite')
  const database = path.join(recorded, 'chat.db')
  const devices = await recordLife(sqlite({ path: path.join(work, 'chat.db') }), recorded, {
    async keep(host) {
      await host.store.backup(database)
      damage(database)
    },
    async read() {
      const copy = path.join(work, 'copy.db')
      cpSync(database, copy)
      return sqlite({ path: copy })
    },
  })
  return devices
}

export async function recordPostgres(folder: string): Promise<void> {
  const recorded = path.join(folder, 'postgres')
  const [{ pool, schema, remove }, copy] = [await postgresSchema(), await postgresSchema()]
  try {
    const statements = noteStatements(pool, schema)
    let dump: Dump = { statements, rows: {} }
    await recordLife(postgres({ pool, schema }), recorded, {
      async keep() {
        dump = { statements, rows: await dumpRows(pool, schema) }
        writeJson(path.join(recorded, 'tables.json'), dump)
      },
      async read() {
        await loadDump(copy.pool, copy.schema, dump)
        return postgres({ pool: copy.pool, schema: copy.schema })
      },
    })
  } finally {
    await remove()
    await copy.remove()
  }
}

interface Keeping {
  /** Keeps the database, as a process leaves it that is killed while its last run streams. */
  keep(host: Host): Promise<void>
  /** What was kept, to be read. */
  read(): Promise<StorageFactory>
}

async function recordLife(
  storage: StorageFactory,
  folder: string,
  { keep, read }: Keeping,
): Promise<Device[]> {
  const agent = new SteppedAgent()
  const files = path.join(folder, 'files')
  mkdirSync(folder, { recursive: true })
  const hooks = { runWaiting: keepOwed, runEnded: keepOwed }
  const host = await openHost({
    storage,
    clock: clockFrom(start),
    files,
    agent: agent.agent,
    hooks,
  })
  let devices: Device[]
  try {
    devices = await live(host, agent)
    await keep(host)
  } finally {
    await host.close()
  }
  const opened = await reopen(await read(), { readAt, files })
  try {
    const shown = await readShown(opened.host)
    const replays = devices.map(async (left) => {
      const { connection } = await comeBack(opened.host, left)
      return { left, replay: connection.lastReplay }
    })
    const expected: Expected = { shown, devices: await Promise.all(replays) }
    writeJson(path.join(folder, 'expected.json'), expected)
  } finally {
    await opened.close()
  }
  return devices
}

/** Two rows of one session can no longer be read: a message, and a stretch of the journal. */
function damage(file: string): void {
  const db = new DatabaseSync(file)
  try {
    // Backups are in WAL mode, and a file in git has no log beside it.
    db.exec(`
      UPDATE messages SET body = '{' WHERE id = 'Broken';
      UPDATE blocks SET body = x'00' WHERE key = (
        SELECT blocks.key FROM blocks JOIN sessions ON sessions.key = session
        WHERE sessions.id = 'damaged' ORDER BY first_seq LIMIT 1
      );
      PRAGMA wal_checkpoint(TRUNCATE);
    `)
  } finally {
    db.close()
  }
}

/** Leaves calls of hooks of one session to the next process. */
function keepOwed({ sessionId }: { sessionId: string }): void {
  if (sessionId === 'waiting') throw new Error('The push service is away.')
}

/** The machine's clock, with another time. */
function clockFrom(time: number): Clock {
  const offset = time - systemClock.now()
  const now = () => systemClock.now() + offset
  const { background } = systemClock
  return { ...systemClock, now, ...(background && { background: { ...background, now } }) }
}
