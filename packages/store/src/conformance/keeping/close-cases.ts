import assert from 'node:assert/strict'

import type { SessionCopy } from '../../port/session-copy.ts'
import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import { prompt, turn } from '../support/drafts.ts'
import { assertFails, everything, unbounded } from '../support/reads.ts'
import { write } from '../support/writes.ts'

/** Every call of the port except `stats`, which is synchronous, `close`, and calls that some engines lack. */
function calls(storage: Storage, copy: SessionCopy): Record<string, () => Promise<unknown>> {
  const sessionId = copy.session.id
  const session = { id: 'new', title: '', createdAt: 1, members: ['ann'] }
  return {
    commit: () => storage.commit([{ sessionId, at: 1, drafts: [prompt('x')] }]),
    segments: () => storage.segments(sessionId, { from: 'oldest', bytes: 9 }),
    messages: () => storage.messages(sessionId, unbounded),
    versions: () => storage.versions(sessionId, 'a-prompt'),
    message: () => storage.message(sessionId, 'a-prompt'),
    state: () => storage.state(sessionId),
    readSession: () => storage.readSession(sessionId),
    search: () => storage.search({ text: 'x', in: { sessionId }, limit: 9 }),
    prompts: () => storage.prompts({ author: 'ann', limit: 9, bytes: 9 }),
    ledgers: () => storage.ledgers(sessionId, { from: 0, upTo: 1 }),
    lookup: () => storage.lookup(sessionId, { messageIds: ['m'] }),
    createSession: () => storage.createSession(session),
    session: () => storage.session(sessionId),
    members: () => storage.members(sessionId),
    addMember: () => storage.addMember(sessionId, 'bob', 9),
    removeMember: () => storage.removeMember(sessionId, 'bob'),
    sessions: () => storage.sessions('ann', { limit: 9 }),
    updateSession: () => storage.updateSession(sessionId, { title: 'x', at: 1 }),
    deleteSession: () => storage.deleteSession(sessionId),
    beginFork: () => storage.beginFork({ sourceId: sessionId, upTo: 1, session }),
    activity: () => storage.activity('ann', { by: 'recency', limit: 9 }),
    forgetRemovals: () => storage.forgetRemovals('ann'),
    markRead: () => storage.markRead(sessionId, 'ann', 1),
    heartbeat: () => storage.heartbeat(),
    activeRuns: () => storage.activeRuns(),
    idleSessions: () => storage.idleSessions({ until: 1, limit: 9 }),
    writeSession: () => storage.writeSession(copy),
    changes: () => storage.changes.next(AbortSignal.timeout(5_000)),
    maintain: () => storage.maintain({ retention: false }),
    owed: () => storage.owed.list(9),
    processes: async () => {
      await assertFails(storage.processes.holders(), 'closed', 'holders')
      return storage.processes.wasAlive('other')
    },
    calls: () => storage.calls.count({ principal: 'ann', name: 'x', most: 1, within: 9 }),
  } satisfies Record<
    Exclude<keyof Storage, 'stats' | 'close' | 'notes' | 'summary' | 'backup'>,
    () => Promise<unknown>
  >
}

export const closeCases: Cases = {
  async 'makes every call fail from then on'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    const copy = await storage.readSession(session)
    await storage.close()
    for (const [name, call] of Object.entries(calls(storage, copy))) {
      await assertFails(call(), 'closed', name)
    }
  },

  async 'may be called twice'(bed) {
    const storage = await bed.open()
    await storage.close()
    await storage.close()
  },

  async 'changes nothing, for others and for later'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await write(storage, session, turn('a'))
    const before = await everything(storage, session)
    await storage.close()
    assert.deepEqual(await everything(other, session), before)
    await write(other, session, turn('b'))
    await other.close()
    const again = await bed.open()
    assert.equal((await again.state(session)).messageCount, 4)
  },

  async 'ends every wait for changes'(bed) {
    const storage = await bed.open()
    const waiting = storage.changes.next(AbortSignal.timeout(5_000))
    const ends = assertFails(waiting, 'closed', 'changed')
    await storage.close()
    await ends
  },
}
