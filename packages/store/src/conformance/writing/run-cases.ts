import assert from 'node:assert/strict'

import type { ContextUsage, EventDraft } from '@caughtup/schema'

import type { ActiveRun } from '../../port/sessions.ts'
import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import {
  compaction,
  dequeued,
  enqueued,
  finished,
  opened,
  prompt,
  runChanged,
  runEnded,
  runStarted,
} from '../support/drafts.ts'
import { maintainAll } from '../support/reads.ts'
import { write } from '../support/writes.ts'

async function openRun(storage: Storage, sessionId: string): Promise<ActiveRun | undefined> {
  return (await storage.activeRuns()).find((run) => run.sessionId === sessionId)
}

export const runCases: Cases = {
  async 'keeps the limit of the context when a size comes without one'(bed) {
    const { storage, session } = await bed.start()
    const finish = (messageId: string, contextUsage: ContextUsage): EventDraft => ({
      type: 'message-finished',
      messageId,
      reason: 'stop',
      contextUsage,
    })
    const told = async (messageId: string) => {
      const { head } = await storage.state(session)
      const message = await storage.message(session, messageId)
      assert.deepEqual(message?.metadata.contextUsage, head.contextUsage)
      return head.contextUsage
    }
    await write(storage, session, [opened('a'), finish('a', { tokens: 700 })])
    assert.deepEqual(await told('a'), { tokens: 700 })
    await write(storage, session, [opened('b'), finish('b', { tokens: 710, limit: 1_000 })])
    await write(storage, session, [opened('c'), finish('c', { tokens: 720 })])
    assert.deepEqual(await told('c'), { tokens: 720, limit: 1_000 })
    const contextUsage = { tokens: 70, estimated: true }
    const boundary = compaction('s')
    assert(boundary.type === 'boundary' && boundary.summary)
    const { metadata } = boundary.summary
    const summary = { ...boundary.summary, metadata: { ...metadata, contextUsage } }
    await write(storage, session, [{ ...boundary, summary }])
    assert.deepEqual(await told('s'), { ...contextUsage, limit: 1_000 })
    await write(storage, session, [opened('d'), finish('d', { tokens: 80, limit: 2_000 })])
    assert.deepEqual(await told('d'), { tokens: 80, limit: 2_000 })
  },

  async 'is described by its model and error until the next one'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const error = { code: 'UNAVAILABLE', message: 'The model is overloaded.' }
    const run = { id: 'r', kind: 'agent', status: 'streaming', startedAt: 1 } as const
    const told = async () => {
      const [first, second] = await Promise.all(
        [storage, other].map(async (reader) => {
          const { lastModel, lastThinkingLevel, lastError } = (await reader.state(session)).head
          return [lastModel, lastThinkingLevel, lastError]
        }),
      )
      assert.deepEqual(first, second)
      return first
    }
    const named = { ...run, model: 'large', thinkingLevel: 'high' }
    await write(storage, session, [{ type: 'run-started', run: named }])
    await write(storage, session, [{ type: 'run-ended', runId: 'r', reason: 'error', error }])
    assert.deepEqual(await told(), ['large', 'high', error])
    await write(storage, session, [compaction('s')])
    assert.deepEqual(await told(), ['large', 'high', error])
    await write(storage, session, [runStarted('next')])
    assert.deepEqual(await told(), ['large', 'high', undefined])
  },

  async 'is open from its start to its end, with its messages'(bed) {
    const { storage, session } = await bed.start()
    assert.deepEqual(await storage.activeRuns(), [])
    await write(storage, session, [runStarted('r'), prompt('a'), opened('m')])
    const again = await bed.open()
    for (const reader of [storage, again]) {
      const run = await openRun(reader, session)
      assert.equal(run?.head.run?.id, 'r')
      assert.deepEqual(run.open, [await storage.message(session, 'm')])
    }
    await write(again, session, [finished('m'), runEnded('r')])
    assert.deepEqual(await storage.activeRuns(), [])
  },

  async 'and a queue keep their session from being idle'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const idle = async () => {
      const query = { until: 9, limit: 9 }
      const told = await storage.idleSessions(query)
      assert.deepEqual(await other.idleSessions(query), told)
      return told.map(({ sessionId, updatedAt }) => [sessionId, updatedAt])
    }
    await write(storage, session, [runStarted('r')], { at: 2 })
    assert.deepEqual(await idle(), [])
    await write(other, session, [runChanged('r', 'waiting')], { at: 3 })
    assert.deepEqual(await idle(), [])
    await write(storage, session, [runEnded('r'), enqueued('q')], { at: 4 })
    assert.deepEqual(await idle(), [])
    await write(storage, session, [dequeued('q')], { at: 5 })
    assert.deepEqual(await idle(), [[session, 5]])
    await write(other, session, [runStarted('s')], { at: 6 })
    await write(other, session, [runEnded('s')], { at: 10 })
    assert.deepEqual(await idle(), [])
  },

  async 'is leased to the process that started it, and all see its counter'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await storage.heartbeat()
    await write(storage, session, [runStarted('r')])
    const own = (await openRun(storage, session))?.lease
    const seen = (await openRun(other, session))?.lease
    assert(own && seen)
    assert.deepEqual([own.own, seen.own], [true, false])
    assert.deepEqual([own.process, own.beats], [seen.process, seen.beats])
    await storage.heartbeat()
    await other.heartbeat()
    await other.heartbeat()
    const moved = (await openRun(other, session))?.lease
    assert.equal(moved?.beats, seen.beats + 1)
  },

  async 'can tell which processes have been alive since its process was'(bed) {
    const [storage, other, dead] = [await bed.open(), await bed.open(), await bed.open()]
    const { own } = storage.processes
    await dead.heartbeat()
    assert.equal(await other.processes.wasAlive(own), false)
    await storage.heartbeat()
    await other.heartbeat()
    // It may have stopped before the other one began.
    assert.equal(await other.processes.wasAlive(own), false)
    await storage.heartbeat()
    assert.equal(await other.processes.wasAlive(own), true)
    assert.equal(await storage.processes.wasAlive(other.processes.own), true)
    assert.equal(await other.processes.wasAlive(dead.processes.own), false)
    assert.equal(await other.processes.wasAlive('nobody'), false)
  },

  async 'has a lease even before the first heartbeat of its process'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [runStarted('r')])
    const before = (await openRun(storage, session))?.lease
    assert(before)
    await storage.heartbeat()
    const after = (await openRun(storage, session))?.lease
    assert(after && after.beats > before.beats)
  },

  async 'has no lease while it waits, and then that of the process that resumes it'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await write(storage, session, [runStarted('r')])
    await write(storage, session, [runChanged('r', 'waiting')])
    for (const reader of [storage, other]) {
      const run = await openRun(reader, session)
      assert.equal(run?.head.run?.status, 'waiting')
      assert.equal(run.lease, undefined)
    }
    await write(other, session, [runChanged('r', 'streaming')], {
      guard: { is: 'awaiting-tool', runId: 'r' },
    })
    assert.equal((await openRun(other, session))?.lease?.own, true)
    assert.equal((await openRun(storage, session))?.lease?.own, false)
  },

  async 'is found by the process that holds its lease'(bed) {
    const { storage, session } = await bed.start()
    const [other, third] = [await bed.open(), await bed.open()]
    const [own, its] = [storage.processes.own, other.processes.own]
    const found = async (reader: Storage, others: string[]) =>
      (await reader.activeRuns(others)).map(({ sessionId }) => sessionId)
    const holders = async (reader: Storage) => [...(await reader.processes.holders())]
    assert.deepEqual(await holders(other), [])
    await write(storage, session, [runStarted('r'), opened('m'), enqueued('q')])
    assert.deepEqual(await holders(other), [[own, 0]])
    await storage.heartbeat()
    assert.deepEqual(await holders(other), [[own, 1]])
    assert.deepEqual(await holders(storage), [])
    assert.deepEqual(await found(storage, []), [session])
    assert.deepEqual(await found(other, []), [])
    assert.deepEqual(await found(third, [its]), [])
    assert.deepEqual(await other.activeRuns([its, own]), await other.activeRuns())

    await write(storage, session, [runChanged('r', 'waiting')])
    for (const reader of [storage, other]) assert.deepEqual(await found(reader, [own, its]), [])
    assert.deepEqual(await holders(other), [])
    await write(other, session, [runChanged('r', 'streaming')], {
      guard: { is: 'awaiting-tool', runId: 'r' },
    })
    assert.deepEqual(await found(storage, []), [])
    assert.deepEqual(await found(other, []), [session])
    assert.deepEqual(await holders(third), [[its, 0]])

    // Anybody may start what waits.
    await write(other, session, [finished('m'), runEnded('r')])
    for (const reader of [storage, other]) assert.deepEqual(await found(reader, []), [session])
    await write(other, session, [dequeued('q')])
    for (const reader of [storage, other]) assert.deepEqual(await found(reader, [own, its]), [])
  },

  async "stays another process's when one writes into its session"(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await write(storage, session, [runStarted('r')])
    await write(other, session, [enqueued('q'), prompt('a')])
    assert.equal((await openRun(other, session))?.lease?.own, false)
  },

  async 'waits in the queue without a lease, even when no run is active'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [runStarted('r'), enqueued('q')])
    await write(storage, session, [runEnded('r')])
    const run = await openRun(storage, session)
    assert.deepEqual([run?.head.run, run?.lease], [undefined, undefined])
    assert.deepEqual(
      run?.head.queue.map(({ runId }) => runId),
      ['q'],
    )
    await write(storage, session, [dequeued('q')])
    assert.deepEqual(await storage.activeRuns(), [])
  },

  async 'is open again after a crash and after maintenance'(bed) {
    const { storage, session } = await bed.start()
    await storage.heartbeat()
    await write(storage, session, [runStarted('r'), opened('m')])
    const before = await openRun(storage, session)
    await maintainAll(storage)
    const again = await bed.open()
    const after = await openRun(again, session)
    assert.deepEqual(after?.head, before?.head)
    assert.deepEqual(after?.open, before?.open)
    assert.deepEqual(after?.lease, { ...before?.lease, own: false })
  },
}
