import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { contract } from '@caughtup/schema'
import { type Clock, systemClock } from '@caughtup/schema/clock'
import { serve } from '@caughtup/server/node'
import type { Agent } from '@caughtup/server'
import { sqlite } from '@caughtup/store/sqlite'
import { createChatClient, sse } from '@caughtup/web-client'

import { SteppedAgent } from '../../system/stepped-agent.ts'
import { comeBack } from '../host/come-back.ts'
import { openHost } from '../host/host.ts'
import { type Opened, reopen } from '../host/opened.ts'
import { readShown } from '../host/shown.ts'
import type { Exchange } from '../recorded/exchange.ts'
import { type Device, type Expected, folderOf } from '../recorded/releases.ts'
import { callEverything, quickAgent } from './calls.ts'
import { live } from './life.ts'
import { Recorder } from './recorder.ts'
import { recordScenes } from './streams.ts'

/** When all recordings begin. */
const start = Date.UTC(2026, 10, 30, 12)
/** When what was recorded is read again. */
const readAt = start + 600_000

/** Records what the present version keeps and sends, into the folder of its name. */
export async function record(version: string): Promise<void> {
  const folder = folderOf(version)
  rmSync(folder, { recursive: true, force: true })
  for (const part of ['sqlite', 'http']) mkdirSync(path.join(folder, part), { recursive: true })
  const work = mkdtempSync(path.join(tmpdir(), 'caughtup-record-'))
  try {
    const devices = await recordSqlite(folder, work)
    await recordHttp(folder, work, devices)
    write(path.join(folder, 'release.json'), { readAt })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function recordSqlite(folder: string, work: string): Promise<Device[]> {
  const agent = new SteppedAgent()
  const files = path.join(work, 'files')
  const host = await openHost({
    storage: sqlite({ path: path.join(work, 'chat.db') }),
    clock: clockFrom(start),
    files,
    agent: agent.agent,
    hooks: { runWaiting: keepOwed, runEnded: keepOwed },
  })
  let devices: Device[]
  try {
    devices = await live(host, agent)
    // While the last run streams, as a process leaves it that is killed.
    const database = path.join(folder, 'sqlite/chat.db')
    await host.store.backup(database)
    damage(database)
    cpSync(files, path.join(folder, 'sqlite/files'), { recursive: true })
  } finally {
    await host.close()
  }
  const { host: read } = await copyOf(folder, path.join(work, 'read'))
  try {
    const shown = await readShown(read)
    const expected: Expected = {
      shown,
      devices: await Promise.all(
        devices.map(async (left) => {
          const { connection } = await comeBack(read, left)
          return { left, replay: connection.lastReplay }
        }),
      ),
    }
    write(path.join(folder, 'sqlite/expected.json'), expected)
  } finally {
    await read.close()
  }
  return devices
}

/** What clients and a server on the recorded database say to each other. */
async function recordHttp(folder: string, work: string, devices: readonly Device[]): Promise<void> {
  const calls = new Recorder()
  const asked = await copyOf(folder, path.join(work, 'asked'), quickAgent)
  const serving = await serve(asked.host.chat)
  const as = (principal: string) =>
    createChatClient({
      link: sse({
        url: `${serving.url}/rpc`,
        headers: { authorization: `Bearer ${principal}` },
        fetch: calls.fetch,
      }),
    })
  const ask = (target: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (!headers.has('authorization')) headers.set('authorization', 'Bearer ann')
    return calls.fetch(new Request(serving.url + target, { ...init, headers }))
  }
  const [ann, bob] = [as('ann'), as('bob')]
  try {
    await callEverything({ host: asked.host, devices, ann, bob, ask })
  } finally {
    ann.close()
    bob.close()
    await serving.close()
    await asked.host.close()
  }
  assertComplete(calls.exchanges)
  write(path.join(folder, 'http/calls.json'), calls.exchanges)

  const followed = await copyOf(folder, path.join(work, 'followed'))
  const streaming = await serve(followed.host.chat)
  try {
    const scenes = await recordScenes({ ...followed, url: streaming.url }, devices)
    write(path.join(folder, 'http/scenes.json'), scenes)
  } finally {
    await streaming.close()
    await followed.host.close()
  }
}

/** A recording that lacks a procedure would promise nothing of it. */
function assertComplete(exchanges: readonly Exchange[]): void {
  const called = new Set(exchanges.map(({ request }) => request.path))
  const paths = Object.entries(contract).flatMap(([name, member]) =>
    '~orpc' in member ? [name] : Object.keys(member).map((procedure) => `${name}/${procedure}`),
  )
  const missing = paths.filter((one) => !called.has(`/rpc/${one}`))
  if (missing.length > 0) throw new Error(`Nobody has called ${missing.join(', ')}.`)
}

async function copyOf(folder: string, copy: string, agent?: Agent): Promise<Opened> {
  cpSync(path.join(folder, 'sqlite'), copy, { recursive: true })
  const storage = sqlite({ path: path.join(copy, 'chat.db') })
  return reopen(storage, { readAt, files: path.join(copy, 'files') }, agent)
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

/** With a line per member, in which differences can be read. */
function write(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, undefined, 1)}\n`)
}
