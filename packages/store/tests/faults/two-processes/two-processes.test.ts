import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'

import type { EventDraft } from '@caughtup/schema'
import { expect, test } from 'vitest'

import type { ActiveRun } from '../../../src/port/sessions.ts'
import type { Storage } from '../../../src/port/storage.ts'
import { finished } from '../../../src/conformance/support/drafts.ts'
import { tryWrite } from '../../../src/conformance/support/writes.ts'
import { testDatabase } from '../../support/open-test-store.ts'
import { assertIntact, readWhole } from '../../support/check-database.ts'
import { figure } from '../../support/long.ts'
import { createSessions, openStorage } from '../../support/open-storage.ts'
import { PeerProcess } from './peer-process.ts'

const session = 's'
const lease = 300
const within = 100

async function openShared() {
  const file = testDatabase()
  const storage = await openStorage(file)
  await createSessions(storage, [session])
  return { file, storage }
}

/** The held run, once its process has missed heartbeats for a lease. */
async function silent(storage: Storage): Promise<ActiveRun> {
  let beats: number | undefined
  for (let since = performance.now(); performance.now() - since < lease;) {
    const [run] = await storage.activeRuns()
    if (run?.lease?.beats !== beats) since = performance.now()
    beats = run?.lease?.beats
    await pause(lease / 10)
  }
  const [run] = await storage.activeRuns()
  return run!
}

/** Ends a run as lost; returns whether this process did. */
async function endLost(storage: Storage, { head, open }: ActiveRun): Promise<boolean> {
  const runId = head.run!.id
  const end: EventDraft = { type: 'run-ended', runId, reason: 'lost' }
  const drafts = [...open.map(({ id }) => finished(id, 'lost')), end]
  const result = await tryWrite(storage, session, drafts, { guard: { is: 'run', runId } })
  return result.refused === undefined
}

test('the writes of one process reach a follower in another, each entry once, half of them within 100 ms', async () => {
  const { file, storage } = await openShared()
  const [writer, follower] = [new PeerProcess(file), new PeerProcess(file)]
  await follower.do({ do: 'follow', session })
  const written: { seq: number; at: number }[] = []
  let over = false
  // A process that opens and closes packs everything, and leaves the others no log rows to read.
  const passing = (async () => {
    while (!over) {
      const passer = await openStorage(file)
      while (await passer.maintain({ retention: false })) await pause(1)
      await passer.close()
      await pause(20)
    }
  })()
  const started = performance.timeOrigin
  for (let turn = 0; turn < 6; turn++) {
    const { seq = 0 } = await writer.do({ do: 'start', session, id: `m${turn}` })
    for (let n = 1; n <= 10; n++) {
      const at = started + performance.now()
      await writer.do({ do: 'stream', text: `${n} ` })
      written.push({ seq: seq + n, at })
      await pause(n)
    }
    await writer.do({ do: 'finish' })
  }
  const { cursor } = await storage.state(session)
  await follower.sees(cursor.seq)
  over = true
  await passing

  let next = 1
  for (const { from, seq } of follower.seen.flatMap(({ entries }) => entries)) {
    expect(from).toBe(next)
    next = seq + 1
  }
  const delays = written.map(({ seq, at }) => {
    const seen = follower.seen.find(({ entries }) => entries.some((entry) => entry.seq >= seq))
    return (seen?.at ?? Infinity) - at
  })
  const sorted = delays.toSorted((a, b) => a - b)
  const median = sorted[sorted.length / 2]!
  figure(
    `seen by another process after ${median.toFixed()} ms (median), ${sorted.at(-1)!.toFixed()} ms (most)`,
  )
  expect(median).toBeLessThan(within)
  await readWhole(storage, session)
}, 60_000)

test('two processes that write one session at once share its seqs without duplicates', async () => {
  const { file, storage } = await openShared()
  const peers = [new PeerProcess(file), new PeerProcess(file)]
  const each = 100
  const seqs = await Promise.all(
    peers.map(async (peer, index) => {
      const taken: number[] = []
      for (let n = 0; n < each; n++) {
        const { seq = 0 } = await peer.do({ do: 'append', session, id: `m-${index}-${n}` })
        taken.push(seq)
      }
      return taken
    }),
  )
  const all = Array.from({ length: 2 * each }, (_, index) => index + 1)
  expect(seqs.flat().sort((a, b) => a - b)).toEqual(all)
  const { messages } = await readWhole(storage, session)
  expect(messages.map(({ order }) => order)).toEqual(all)
})

test('a process that is paused beyond its lease loses its run once, and is refused when it wakes', async () => {
  const { file, storage } = await openShared()
  const other = await openStorage(file)
  const paused = new PeerProcess(file)
  await paused.do({ do: 'start', session, id: 'm' })
  await paused.do({ do: 'stream', text: 'before ' })
  for (let n = 0; n < 3; n++) await paused.do({ do: 'heartbeat' })
  paused.signal('SIGSTOP')
  const [here, there] = await Promise.all([silent(storage), silent(other)])
  const ends = await Promise.all([endLost(storage, here), endLost(other, there)])
  expect(ends.filter((isEnder) => isEnder)).toHaveLength(1)
  // Sent while it is paused.
  const late = [paused.ask({ do: 'stream', text: 'late' }), paused.ask({ do: 'finish' })]
  paused.signal('SIGCONT')
  const refused = { said: 'refused', code: 'CONFLICT', reason: 'run-superseded' }
  expect(await Promise.all(late)).toEqual([refused, refused])

  const { events, messages } = await readWhole(storage, session)
  expect(events.filter(({ type }) => type === 'run-ended')).toMatchObject([{ reason: 'lost' }])
  expect(messages).toMatchObject([{ parts: [{ text: 'before ' }], status: 'done' }])
}, 30_000)

test('after a process was killed, others end its run and continue, and no seq is reused', async () => {
  const { file, storage } = await openShared()
  const [killed, follower, next] = [
    new PeerProcess(file),
    new PeerProcess(file),
    new PeerProcess(file),
  ]
  await follower.do({ do: 'follow', session })
  await killed.do({ do: 'start', session, id: 'm' })
  let last = 0
  for (let n = 0; n < 20; n++) {
    await killed.do({ do: 'stream', text: `${n} ` })
    last = (await storage.state(session)).cursor.seq
  }
  void killed.ask({ do: 'stream', text: 'perhaps' })
  await killed.kill()
  expect(await endLost(storage, await silent(storage))).toBe(true)
  const { seq = 0 } = await next.do({ do: 'append', session, id: 'n' })
  expect(seq).toBeGreaterThan(last + 2)
  await follower.sees(seq)
  const seen = follower.seen.flatMap(({ entries }) => entries)
  let expected = 1
  for (const entry of seen) {
    expect(entry.from).toBe(expected)
    expected = entry.seq + 1
  }
  const { messages } = await readWhole(storage, session)
  const text = Array.from({ length: 20 }, (_, n) => `${n} `).join('')
  expect(messages[0]).toMatchObject({ parts: [{ text: expect.stringContaining(text) }] })
  assertIntact(file)
}, 30_000)

test('other processes wait for one that is paused during a commit, and continue when it is killed', async () => {
  const { file, storage } = await openShared()
  const [paused, other] = [new PeerProcess(file), new PeerProcess(file)]
  await paused.do({ do: 'start', session, id: 'm' })
  await paused.do({ do: 'stream', text: 'before ' })
  await paused.do({ do: 'stop-in-next-transaction' })
  void paused.ask({ do: 'stream', text: 'never' })
  await expect.poll(() => isLocked(file)).toBe(true)
  // The next writer waits, and readers do not.
  let answered = false
  const waiting = other.do({ do: 'append', session, id: 'n' }).then(() => (answered = true))
  await pause(lease)
  await readWhole(storage, session)
  expect(answered).toBe(false)
  await paused.kill()
  await waiting
  const { messages } = await readWhole(storage, session)
  expect(messages).toMatchObject([{ parts: [{ text: 'before ' }] }, { id: 'n' }])
  assertIntact(file)
}, 30_000)

/** Whether a process is in a transaction that writes. */
function isLocked(file: string): boolean {
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec('BEGIN IMMEDIATE')
    return false
  } catch (error) {
    if (!String(error).includes('database is locked')) throw error
    return true
  } finally {
    db.close()
  }
}
