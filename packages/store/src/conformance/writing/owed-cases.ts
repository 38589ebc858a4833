import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'

import type { Slice } from '../../port/commit.ts'
import type { OwedCall, OwedHook } from '../../port/owed.ts'
import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import {
  compaction,
  delta,
  finished,
  opened,
  reset,
  runChanged,
  runEnded,
  runStarted,
} from '../support/drafts.ts'
import { maintainAll } from '../support/reads.ts'
import { accepted, write } from '../support/writes.ts'

/** An answer of a run, open. */
function answerOf(runId: string, messageId: string): EventDraft {
  const draft = opened(messageId)
  assert(draft.type === 'message-created')
  const { message } = draft
  return { ...draft, message: { ...message, metadata: { ...message.metadata, runId } } }
}

/** Commits one slice, with the calls that it owes. */
async function owe(
  storage: Storage,
  sessionId: string,
  drafts: readonly EventDraft[],
  { at = 1_000, guard }: Pick<Partial<Slice>, 'at' | 'guard'> = {},
) {
  const slice = { sessionId, at, drafts, ...(guard && { guard }) }
  return (await storage.commit([slice], { owes: true }))[0]
}

async function hooks(storage: Storage): Promise<OwedHook[]> {
  return (await storage.owed.list(100)).map(({ hook }) => hook)
}

/** The only call of a storage. */
async function only(storage: Storage): Promise<OwedCall> {
  const calls = await storage.owed.list(100)
  assert.equal(calls.length, 1)
  assert(calls[0])
  return calls[0]
}

export const owedCases: Cases = {
  async 'is the end of a run, as it was committed'(bed) {
    const { storage, session } = await bed.start()
    const run = {
      id: 'r',
      kind: 'agent',
      status: 'streaming',
      startedAt: 1,
      author: 'ann',
    } as const
    await owe(storage, session, [{ type: 'run-started', run }, answerOf('r', 'm')])
    await owe(storage, session, [delta('m', 'Hello')])
    assert.deepEqual(await storage.owed.list(100), [])
    const error = { code: 'UNAVAILABLE', message: 'The model is overloaded.' }
    const ended: EventDraft = { type: 'run-ended', runId: 'r', reason: 'error', error }
    const written = accepted(await owe(storage, session, [finished('m'), ended], { at: 1_234 }))
    const { journal, seq } = written.cursor
    const hook: OwedHook = {
      id: `${journal}.${seq}`,
      kind: 'run-ended',
      sessionId: session,
      runId: 'r',
      runKind: 'agent',
      author: 'ann',
      messageId: 'm',
      at: 1_234,
      reason: 'error',
      error,
    }
    assert.deepEqual(await storage.owed.list(100), [{ hook, attempts: 0, due: 1_234 }])
  },

  async 'is the begin of a wait, once per wait, and then the end'(bed) {
    const { storage, session } = await bed.start()
    await owe(storage, session, [runStarted('r'), answerOf('r', 'm')])
    const waits = runChanged('r', 'waiting')
    await owe(storage, session, [delta('m', 'May I?'), waits])
    await owe(storage, session, [waits])
    await owe(storage, session, [runChanged('r', 'streaming')])
    await owe(storage, session, [waits])
    await owe(storage, session, [runEnded('r')])
    assert.deepEqual(
      (await hooks(storage)).map(({ kind, messageId }) => [kind, messageId]),
      [
        ['run-waiting', 'm'],
        ['run-waiting', 'm'],
        ['run-ended', 'm'],
      ],
    )
  },

  async 'is the end of a run that starts in the same commit, or opens an epoch'(bed) {
    const { storage, session } = await bed.start()
    const run = { id: 'r', kind: 'reset', status: 'streaming', startedAt: 1 } as const
    await owe(storage, session, [{ type: 'run-started', run }, reset(), runEnded('r')])
    await owe(storage, session, [
      { type: 'run-started', run: { ...run, id: 'c', kind: 'compaction' } },
    ])
    await owe(storage, session, [compaction('s'), runEnded('c')])
    assert.deepEqual(
      (await hooks(storage)).map(({ runId, runKind }) => [runId, runKind]),
      [
        ['r', 'reset'],
        ['c', 'compaction'],
      ],
    )
  },

  async 'is not owed by a commit that is refused, that is not asked to, or of another run'(bed) {
    const { storage, session } = await bed.start()
    await owe(storage, session, [runStarted('r')])
    const guard = { is: 'run', runId: 'other' } as const
    const refused = await owe(storage, session, [runEnded('r')], { guard })
    assert.equal(refused?.refused, 'guard-failed')
    await owe(storage, session, [runEnded('other')])
    await write(storage, session, [runChanged('r', 'waiting')])
    await write(storage, session, [runEnded('r')])
    assert.deepEqual(await storage.owed.list(100), [])
  },

  async 'comes in the order in which it is due, as many as are asked for'(bed) {
    const { storage, session } = await bed.start()
    for (const [id, at] of [
      ['a', 30],
      ['b', 10],
      ['c', 20],
      ['d', 10],
    ] as const) {
      await owe(storage, session, [runStarted(id), runEnded(id)], { at })
    }
    const order = async (limit: number) =>
      (await storage.owed.list(limit)).map(({ hook }) => hook.runId)
    assert.deepEqual(await order(9), ['b', 'd', 'c', 'a'])
    assert.deepEqual(await order(2), ['b', 'd'])
    const [first] = await storage.owed.list(1)
    assert(first)
    await storage.owed.postpone(first.hook.id, 25)
    assert.deepEqual(await order(9), ['d', 'c', 'b', 'a'])
    const postponed = (await storage.owed.list(9))[2]
    assert.deepEqual(postponed, { ...first, attempts: 1, due: 25 })
    await storage.owed.settle(first.hook.id)
    await storage.owed.settle(first.hook.id)
    assert.deepEqual(await order(9), ['d', 'c', 'a'])
  },

  async 'belongs to the process that wrote it until another takes it'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await storage.heartbeat()
    await owe(storage, session, [runStarted('r'), runEnded('r')])
    const call = await only(storage)
    assert.deepEqual(await storage.owed.holders(), [])
    assert.deepEqual(await other.owed.list(9), [])
    const [holder] = await other.owed.holders()
    assert(holder)
    await storage.heartbeat()
    assert.deepEqual(await other.owed.holders(), [{ ...holder, beats: holder.beats + 1 }])
    await other.owed.take(holder.process)
    assert.deepEqual(await other.owed.list(9), [call])
    assert.deepEqual(await storage.owed.list(9), [])
    await storage.owed.postpone(call.hook.id, 9_999)
    assert.deepEqual(await other.owed.list(9), [call])
    await storage.owed.settle(call.hook.id)
    assert.deepEqual(await other.owed.list(9), [])
    assert.deepEqual(await storage.owed.holders(), [])
  },

  async 'outlives its process and maintenance'(bed) {
    const { storage, session } = await bed.start()
    await owe(storage, session, [runStarted('r'), runEnded('r')])
    const call = await only(storage)
    await maintainAll(storage)
    await storage.close()
    const again = await bed.open()
    const [holder] = await again.owed.holders()
    assert(holder)
    await again.owed.take(holder.process)
    assert.deepEqual(await again.owed.list(9), [call])
  },

  async 'goes with its session, and only with that'(bed) {
    const { storage, session } = await bed.start()
    const kept = await bed.session(storage)
    await owe(storage, session, [runStarted('r'), runEnded('r')])
    await owe(storage, kept, [runStarted('k'), runEnded('k')])
    await storage.deleteSession(session)
    assert.equal((await only(storage)).hook.runId, 'k')
  },
}
