import assert from 'node:assert/strict'

import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import { delta, opened, prompt } from '../support/drafts.ts'
import { allRows, maintainAll, rowOf, changesAfter } from '../support/reads.ts'
import { within } from '../support/within.ts'
import { write } from '../support/writes.ts'

/** The most ms until another opening's commit is noticed, on a busy machine. */
const noticedWithin = 5_000
/** For how many ms a test waits to see that nothing happens. */
const quiet = 400

/** Waits until each of the sessions was named. The feed may name others, or none, before. */
function named(storage: Storage, ...sessionIds: string[]): Promise<void> {
  return within(noticedWithin, async (signal) => {
    const missing = new Set(sessionIds)
    while (missing.size > 0) {
      const { sessions } = await storage.changes.next(signal)
      for (const id of sessions === 'all' ? missing : sessions) missing.delete(id)
    }
  })
}

export const remoteCases: Cases = {
  async 'resolves when another opening commits'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const noticed = named(storage, session)
    await write(other, session, [prompt('a')])
    await noticed
    const deltas = named(storage, session)
    await write(other, session, [opened('m'), delta('m', 'x')])
    await deltas
    assert.equal((await storage.state(session)).head.seq, 3)
  },

  async 'answers with changes that were made before the call'(bed) {
    const { storage, session } = await bed.start()
    const second = await bed.session(storage)
    const other = await bed.open()
    await write(other, session, [prompt('a')])
    await named(storage, session)
    await write(other, session, [prompt('b')])
    await write(other, second, [prompt('a')])
    await named(storage, session, second)
  },

  async 'answers also after its own commits and reads'(bed) {
    const { storage, session } = await bed.start()
    const second = await bed.session(storage)
    const other = await bed.open()
    await write(other, session, [prompt('a')])
    await write(storage, second, [prompt('a')])
    await write(other, second, [prompt('b')])
    await write(storage, session, [prompt('b')])
    await storage.state(session)
    await named(storage, session, second)
  },

  async 'answers also after maintenance'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await storage.state(session)
    await write(other, session, [prompt('a')])
    await maintainAll(other)
    bed.skip(24 * 60 * 60 * 1_000)
    await write(other, session, [prompt('b')])
    await maintainAll(other)
    await named(storage, session)
    assert.equal((await storage.state(session)).head.seq, 2)
  },

  async 'resolves when another opening deletes a session'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const noticed = named(storage, session)
    await other.deleteSession(session)
    await noticed
  },

  async 'says that another opening changed the members'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const told = () =>
      within(noticedWithin, async (signal) => {
        for (;;) {
          const { members } = await storage.changes.next(signal)
          if (members === 'all' || members.has(session)) return
        }
      })
    await write(other, session, [prompt('a')])
    await named(storage, session)
    const added = told()
    await other.addMember(session, 'bob', 9)
    await added
    const removed = told()
    await other.removeMember(session, 'bob')
    await removed
  },

  async 'resolves when another opening creates, renames or marks a session'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [prompt('a')])
    const other = await bed.open()
    let { position } = await allRows(storage, 'ann')
    const seen = () =>
      within(noticedWithin, async (signal) => {
        for (;;) {
          const { rows, position: now } = await changesAfter(storage, 'ann', position, 9)
          position = now
          if (rows.length > 0) return
          await storage.changes.next(signal)
        }
      })
    const made = seen()
    await bed.session(other)
    await made
    const renamed = seen()
    await other.updateSession(session, { title: 'New', at: 9 })
    await renamed
    const marked = seen()
    await other.markRead(session, 'ann', 1)
    await marked
  },

  async 'resolves when another opening completes a fork'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [prompt('a')])
    const other = await bed.open()
    const noticed = named(storage, 'fork')
    const fork = { id: 'fork', title: '', createdAt: 1, members: ['ann'] }
    await other.beginFork({ sourceId: session, upTo: 1, session: fork })
    while (await other.maintain({ fork: 'fork' }));
    await noticed
    assert.equal((await rowOf(storage, 'ann', 'fork'))?.messageCount, 1)
  },

  async 'waits while nobody else writes'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await write(other, session, [prompt('a')])
    await named(storage, session)
    await write(storage, session, [prompt('b')])
    const calls = within(quiet, async (signal) => {
      for (let count = 0; count < 10; count++) await storage.changes.next(signal)
    })
    await assert.rejects(calls, 'It keeps answering.')
  },

  async 'rejects with the reason of its signal'(bed) {
    const storage = await bed.open()
    const controller = new AbortController()
    // The first answer may have changes from before the call.
    const waiting = (async () => {
      for (;;) await storage.changes.next(controller.signal)
    })()
    const reason = new Error('No longer asked.')
    controller.abort(reason)
    await assert.rejects(waiting, (error) => error === reason)
    await assert.rejects(storage.changes.next(controller.signal), (error) => error === reason)
  },

  async 'has the changes after an aborted call for the next one'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const controller = new AbortController()
    const waiting = storage.changes.next(controller.signal)
    controller.abort()
    await waiting.catch(() => undefined)
    await write(other, session, [prompt('a')])
    await named(storage, session)
  },
}
