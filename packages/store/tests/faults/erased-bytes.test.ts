import { existsSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { inflateRawSync } from 'node:zlib'

import type { EventDraft } from '@caughtup/schema'
import { Random } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { Database } from '../../src/engines/sqlite/file/database.ts'
import type { Storage } from '../../src/port/storage.ts'
import {
  answer,
  compaction,
  deleted,
  delta,
  enqueued,
  erased,
  finished,
  imported,
  message,
  opened,
  prompt,
  redo,
  replaced,
  reset,
  runEnded,
  runStarted,
  truncated,
  undo,
} from '../../src/conformance/support/drafts.ts'
import { maintainAll, usedIds } from '../../src/conformance/support/reads.ts'
import { tryWrite, write } from '../../src/conformance/support/writes.ts'
import { ended, openTestStore, startRun, testDatabase } from '../support/open-test-store.ts'
import { long } from '../support/long.ts'
import { newSeed, openStorage } from '../support/open-storage.ts'

/** A secret that is not part of any other word in these files, in any form or cut. */
const secret = 'kwyjibo'
const sessions = ['a', 'b', 'c', 'd', 'e', 'f']

/** Pieces of deflated blocks, by which they are found in the file. */
function deflated(file: string): Set<string> {
  const db = new DatabaseSync(file, { readOnly: true })
  const bodies = db.prepare('SELECT body FROM blocks').all()
  db.close()
  const pieces = new Set<string>()
  for (const { body } of bodies) {
    const bytes = Buffer.from(body as Uint8Array)
    if (!inflateRawSync(bytes).includes(secret)) continue
    for (let at = 0; at + 24 <= bytes.length; at += 24) {
      pieces.add(bytes.toString('latin1', at, at + 24))
    }
  }
  return pieces
}

/** The deflated contents of the blocks. */
function deflatedBlocks(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true })
  const bodies = db.prepare('SELECT body FROM blocks').all()
  db.close()
  return bodies.map(({ body }) => Buffer.from(body as Uint8Array).toString('latin1')).join('\n')
}

function bytesOf(file: string): string {
  const files = [file, `${file}-wal`, `${file}-journal`].filter((each) => existsSync(each))
  return files.map((each) => readFileSync(each, 'latin1')).join('\n')
}

/** Writes into random sessions, and returns the ids of messages with the secret, by session. */
async function fill(storage: Storage, random: Random): Promise<Map<string, string[]>> {
  const told = new Map<string, string[]>()
  let ids = 0
  const secretly = (session: string, text: (words: string) => EventDraft[]) => {
    const size = random.pick([1, 3, 40, 400])
    const words =
      (random.chance(0.4) ? `${secret} ` : 'harmless ').repeat(size) + random.between(0, 1e9)
    if (words.startsWith(secret)) told.set(session, [...(told.get(session) ?? []), `m${ids}`])
    return text(words)
  }
  for (let step = 0; step < 150; step++) {
    const session = random.pick(sessions)
    const id = `m${++ids}`
    const drafts = secretly(session, (words): EventDraft[] => {
      switch (random.between(0, 7)) {
        case 0:
          return [prompt(id, words), undo]
        case 1:
          return [prompt(id, words), deleted(id)]
        case 2:
          return [prompt(id, words), truncated(), redo]
        case 3:
          return [
            answer(id, words),
            replaced(id, words.slice(0, words.length / 2)),
            replaced(id, 'harmless'),
          ]
        case 4:
          return [imported([message(id, words)])]
        case 5:
          return [compaction(id, words), reset()]
        default: {
          const half = Math.ceil(words.length / 2)
          const texts = [words.slice(0, half), words.slice(half)]
          return [
            runStarted(`r${ids}`),
            enqueued(`q${ids}`),
            opened(id),
            ...texts.map((text) => delta(id, text)),
            finished(id),
            runEnded(`r${ids}`),
          ]
        }
      }
    })
    for (const draft of drafts) {
      await tryWrite(storage, session, [draft])
      if (random.chance(0.05)) await maintainAll(storage)
    }
  }
  return told
}

/** SQLite had moved a row to another page, and left a copy in the previous page. */
const copyLeftByMovedRow = 4_065_138_642

test.each([
  { left: 'no other process', others: 0 },
  { left: 'another process that has them open', others: 1 },
])(
  'what was erased is in no byte of the files once the store is closed, with $left',
  async ({ others }) => {
    const first = newSeed()
    const seeds = [copyLeftByMovedRow, first, first + 1]
    for (let seed = first + 2; long && seed < first + 50; seed++) seeds.push(seed)
    for (const seed of seeds) {
      const random = new Random(seed)
      const file = testDatabase()
      const storage = await openStorage(file)
      for (const id of sessions) {
        await storage.createSession({ id, title: id, createdAt: 1, members: ['me'] })
      }
      for (let other = 0; other < others; other++)
        await (await openStorage(file)).sessions('me', { limit: 9 })
      const told = await fill(storage, random)
      await maintainAll(storage)
      const pieces = deflated(file)
      expect(bytesOf(file)).toContain(secret)
      for (const [session, messageIds] of told) {
        // A refused text was never stored.
        const taken = await usedIds(storage, session, messageIds)
        const ids = messageIds.filter((id) => taken.has(id))
        if (ids.length === 0) continue
        await write(storage, session, [erased(...ids)])
        while (await storage.maintain({ erase: session }));
      }
      const kept = new Set([...pieces].filter((piece) => deflatedBlocks(file).includes(piece)))
      await storage.close()
      const bytes = bytesOf(file)
      const found = [...pieces].filter((piece) => !kept.has(piece) && bytes.includes(piece))
      const at = bytes.indexOf(secret.slice(1))
      const around = at < 0 ? '' : bytes.slice(at - 40, at + 40)
      expect({ seed, around, found }).toEqual({ seed, around: '', found: [] })
    }
  },
  600_000,
)

test('erasing streamed text leaves no byte of it in the files of a closed store', async () => {
  const { store, path } = await openTestStore()
  const run = await startRun(store)
  const writer = store.writer(run)
  for (const text of [secret, ` and ${secret}`, ' harmless']) {
    await writer.write({ type: 'text-delta', text })
    await store.flush(run.messageId)
  }
  await writer.finish({ reason: 'stop' }, [ended(run.runId)])
  expect(await store.history.search({ text: secret, in: { principal: 'me' } })).toHaveLength(1)
  await store.history.edit(run.sessionId, run.messageId, {
    parts: [{ type: 'text', text: 'Edited' }],
  })
  await store.history.delete(run.sessionId, run.messageId)
  expect(bytesOf(path)).toContain(secret)
  await store.history.erase(run.sessionId, [run.messageId])
  await store.close()
  expect(bytesOf(path)).not.toContain(secret.slice(1))
})

test('deleted content is overwritten, also in a file that is not rewritten', () => {
  const path = testDatabase()
  const db = new Database({ path, durability: 'normal' })
  for (const id of ['before', secret, 'after']) {
    db.run('INSERT INTO processes (id, beats) VALUES (?, 1)', id.repeat(9))
  }
  db.checkpoint()
  expect(bytesOf(path)).toContain(secret)
  db.run('DELETE FROM processes WHERE id = ?', secret.repeat(9))
  db.checkpoint()
  db.close()
  expect(bytesOf(path)).not.toContain(secret)
})
