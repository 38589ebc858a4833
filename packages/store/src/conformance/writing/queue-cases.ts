import assert from 'node:assert/strict'

import type { EventDraft, QueuedRun } from '@caughtup/schema'

import type { Cases } from '../support/bed.ts'
import { dequeued, enqueued, queued, runStarted } from '../support/drafts.ts'
import { refusalOf, write } from '../support/writes.ts'

const atFront = (runId: string): EventDraft => ({
  type: 'queue-changed',
  add: queued(runId),
  front: true,
})

export const queueCases: Cases = {
  async 'keeps its order through every change and reopening'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const edited = { ...queued('b'), model: 'large', custom: { label: 'x' } }
    const steps: readonly [EventDraft, string][] = [
      [runStarted('r'), ''],
      [enqueued('a'), 'a'],
      [enqueued('b'), 'a b'],
      [atFront('c'), 'c a b'],
      [enqueued('d'), 'c a b d'],
      [{ type: 'queue-changed', replace: edited }, 'c a b d'],
      [{ type: 'queue-changed', replace: queued('nobody') }, 'c a b d'],
      [dequeued('a'), 'c b d'],
      [dequeued('nobody'), 'c b d'],
      [enqueued('c'), 'b d c'],
    ]
    for (const [draft, expected] of steps) {
      await write(storage, session, [draft])
      for (const reader of [storage, other, await bed.open()]) {
        const { head } = await reader.state(session)
        assert.equal(head.queue.map(({ runId }) => runId).join(' '), expected)
      }
    }
    const { head } = await storage.state(session)
    assert.deepEqual(head.queue, [edited, queued('d'), queued('c')])
  },

  async 'puts prompts that steer behind each other, and before those that wait'(bed) {
    const { storage, session } = await bed.start()
    const steering = (runId: string): EventDraft => ({
      type: 'queue-changed',
      add: { ...queued(runId), steer: true },
    })
    const steps: readonly [EventDraft, string][] = [
      [runStarted('r'), ''],
      [steering('a'), 'a'],
      [enqueued('x'), 'a x'],
      [steering('b'), 'a b x'],
      [steering('c'), 'a b c x'],
      [enqueued('y'), 'a b c x y'],
      [dequeued('b'), 'a c x y'],
      [steering('d'), 'a c d x y'],
      [steering('a'), 'c d a x y'],
      [dequeued('c'), 'd a x y'],
      [dequeued('d'), 'a x y'],
      [dequeued('a'), 'x y'],
      [steering('e'), 'e x y'],
      [atFront('z'), 'z e x y'],
      [steering('f'), 'z e f x y'],
      [dequeued('x'), 'z e f y'],
      [dequeued('y'), 'z e f'],
      [steering('g'), 'z e f g'],
    ]
    for (const [draft, expected] of steps) {
      await write(storage, session, [draft])
      for (const reader of [storage, await bed.open()]) {
        const { head } = await reader.state(session)
        assert.equal(head.queue.map(({ runId }) => runId).join(' '), expected)
      }
    }
  },

  async '`run` with queued runs holds while they wait as they are'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [runStarted('r'), enqueued('a'), enqueued('b')])
    const guarded = (...runIds: string[]) =>
      refusalOf(storage, session, [{ type: 'usage', add: {} }], {
        guard: { is: 'run', runId: 'r', queued: runIds.map(queued) },
      })
    assert.equal(await guarded('b', 'a'), 'accepted')
    await write(await bed.open(), session, [dequeued('a')])
    assert.equal(await guarded('b', 'a'), 'guard-failed')
    assert.equal(await guarded('b'), 'accepted')
    const edited: QueuedRun = { ...queued('b'), parts: [{ type: 'text', text: 'Better' }] }
    await write(await bed.open(), session, [{ type: 'queue-changed', replace: edited }])
    assert.equal(await guarded('b'), 'guard-failed')
  },

  async 'is announced by entries that carry the change'(bed) {
    const { storage, session } = await bed.start()
    const { events } = await write(storage, session, [enqueued('a'), dequeued('a')])
    const [added, removed] = events
    assert(added?.type === 'queue-changed' && removed?.type === 'queue-changed')
    assert.deepEqual([added.add, added.remove], [queued('a'), undefined])
    assert.deepEqual([removed.add, removed.remove], [undefined, 'a'])
  },

  async 'is limited in bytes of JSON, but accepts one run of any size'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [runStarted('r')])
    const bytes = Buffer.byteLength(JSON.stringify([queued('a')]))
    const within = (queueBytes: number) =>
      ({ guard: { is: 'enqueue', queueBelow: 9, queueBytes } }) as const
    assert.equal(await refusalOf(storage, session, [enqueued('a')], within(0)), 'accepted')
    const refused = await refusalOf(storage, session, [enqueued('b')], within(bytes - 1))
    assert.equal(refused, 'queue-too-large')
    assert.equal(await refusalOf(storage, session, [enqueued('b')], within(bytes)), 'accepted')
  },
}
