import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'

import type { Guard } from '../../port/commit.ts'
import type { Bed, Cases } from '../support/bed.ts'
import {
  delta,
  dequeued,
  enqueued,
  opened,
  runChanged,
  runEnded,
  runStarted,
} from '../support/drafts.ts'
import { refusalOf, write } from '../support/writes.ts'

/** States of a session, by the drafts that bring it there. */
const states = {
  fresh: [],
  running: [runStarted('r')],
  'running, one queued': [runStarted('r'), enqueued('q')],
  'running, two queued': [runStarted('r'), enqueued('q'), enqueued('p')],
  waiting: [runStarted('r'), runChanged('r', 'waiting')],
  resumed: [runStarted('r'), runChanged('r', 'waiting'), runChanged('r', 'streaming')],
  ended: [runStarted('r'), runEnded('r')],
  'ended, one queued': [runStarted('r'), enqueued('q'), runEnded('r')],
  'ended, two queued': [runStarted('r'), enqueued('q'), enqueued('p'), runEnded('r')],
  'ended, none queued any more': [runStarted('r'), enqueued('q'), runEnded('r'), dequeued('q')],
  'another runs': [runStarted('r'), runEnded('r'), runStarted('s')],
} satisfies Record<string, EventDraft[]>

type State = keyof typeof states

/** Asserts that the guard holds in these states, and in no other. */
async function holdsIn(bed: Bed, guard: Guard, expected: readonly State[]): Promise<void> {
  const storage = await bed.open()
  for (const [state, drafts] of Object.entries(states)) {
    const session = await bed.session(storage)
    await write(storage, session, drafts)
    const holds = expected.some((name) => name === state)
    const refusal = await refusalOf(storage, session, [{ type: 'usage', add: {} }], { guard })
    assert.equal(refusal, holds ? 'accepted' : 'guard-failed', `${guard.is} when ${state}`)
  }
}

const withoutRun = [
  'fresh',
  'ended',
  'ended, one queued',
  'ended, two queued',
  'ended, none queued any more',
] as const

export const guardCases: Cases = {
  '`run` holds while the run is the active one': (bed) =>
    holdsIn(bed, { is: 'run', runId: 'r' }, [
      'running',
      'running, one queued',
      'running, two queued',
      'waiting',
      'resumed',
    ]),

  async '`run` with a seq holds until something is written'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [runStarted('r'), opened('a')])
    const { cursor } = await storage.state(session)
    const guard = { is: 'run', runId: 'r', seq: cursor.seq } as const
    const other = await bed.open()
    await write(other, session, [delta('a', 'x')])
    const end = [runEnded('r')]
    assert.equal(await refusalOf(storage, session, end, { guard }), 'guard-failed')
    const now = { ...guard, seq: cursor.seq + 1 }
    assert.equal(await refusalOf(storage, session, end, { guard: now }), 'accepted')
  },

  async '`idle`, `next-in-queue` and `no-active-run` with a seq hold until something is written'(
    bed,
  ) {
    const { storage, session } = await bed.start()
    await write(storage, session, [enqueued('q')])
    const other = await bed.open()
    for (const guard of [
      { is: 'next-in-queue', runId: 'q' },
      { is: 'no-active-run' },
      { is: 'idle' },
    ] as const) {
      if (guard.is === 'idle') await write(other, session, [dequeued('q')])
      const { seq } = (await storage.state(session)).cursor
      await write(other, session, [{ type: 'usage', add: {} }])
      const more: EventDraft[] = [{ type: 'usage', add: {} }]
      const refused = await refusalOf(storage, session, more, { guard: { ...guard, seq } })
      assert.equal(refused, 'guard-failed', guard.is)
      const now = { ...guard, seq: seq + 1 }
      assert.equal(await refusalOf(storage, session, more, { guard: now }), 'accepted', guard.is)
    }
  },

  '`idle` holds while no run is active or queued': (bed) =>
    holdsIn(bed, { is: 'idle' }, ['fresh', 'ended', 'ended, none queued any more']),

  '`enqueue` holds while a run is active or queued': (bed) =>
    holdsIn(bed, { is: 'enqueue', queueBelow: 3 }, [
      'running',
      'running, one queued',
      'running, two queued',
      'waiting',
      'resumed',
      'ended, one queued',
      'ended, two queued',
      'another runs',
    ]),

  async '`enqueue` reports a full queue'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, states['running, two queued'])
    const options = { guard: { is: 'enqueue', queueBelow: 2 } } as const
    assert.equal(await refusalOf(storage, session, [enqueued('x')], options), 'queue-full')
    await write(storage, session, [dequeued('q')])
    assert.equal(await refusalOf(storage, session, [enqueued('x')], options), 'accepted')
  },

  '`next-in-queue` holds for the first queued run while no run is active': (bed) =>
    holdsIn(bed, { is: 'next-in-queue', runId: 'q' }, ['ended, one queued', 'ended, two queued']),

  '`next-in-queue` does not hold for the second queued run': (bed) =>
    holdsIn(bed, { is: 'next-in-queue', runId: 'p' }, []),

  '`queued` holds for every queued run': (bed) =>
    holdsIn(bed, { is: 'queued', runId: 'p' }, ['running, two queued', 'ended, two queued']),

  '`awaiting-tool` holds while the run awaits a tool': (bed) =>
    holdsIn(bed, { is: 'awaiting-tool', runId: 'r' }, ['waiting']),

  async '`awaiting-tool` with a message holds until that changes'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [runStarted('r'), opened('a'), runChanged('r', 'waiting')])
    const message = { id: 'a', revision: 2 }
    const guard = { is: 'awaiting-tool', runId: 'r', message } as const
    const other = await bed.open()
    assert.equal(await refusalOf(other, session, [delta('a', 'x')], { guard }), 'accepted')
    assert.equal(await refusalOf(storage, session, [delta('a', 'y')], { guard }), 'guard-failed')
    const now = { ...guard, message: { ...message, revision: 4 } }
    assert.equal(await refusalOf(storage, session, [delta('a', 'y')], { guard: now }), 'accepted')
  },

  async '`run` with an attempt holds until the run is continued'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [runStarted('r'), opened('a')])
    const guard = { is: 'run', runId: 'r', attempt: 1 } as const
    const other = await bed.open()
    assert.equal(await refusalOf(other, session, [delta('a', 'x')], { guard }), 'accepted')
    await write(other, session, [{ ...runChanged('r', 'streaming'), attempt: 2 }])
    assert.equal(await refusalOf(storage, session, [delta('a', 'y')], { guard }), 'guard-failed')
    const now = { ...guard, attempt: 2 }
    assert.equal(await refusalOf(storage, session, [delta('a', 'y')], { guard: now }), 'accepted')
    const any = { is: 'run', runId: 'r' } as const
    assert.equal(await refusalOf(storage, session, [runEnded('r')], { guard: any }), 'accepted')
  },

  '`no-active-run` holds while no run is active, even with queued runs': (bed) =>
    holdsIn(bed, { is: 'no-active-run' }, withoutRun),

  async 'holds for one of two concurrent commits'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const outcomes = await Promise.all(
      [storage, other, storage, other].map((each, index) =>
        refusalOf(each, session, [runStarted(`r${index}`)], { guard: { is: 'idle' } }),
      ),
    )
    assert.equal(outcomes.filter((outcome) => outcome === 'accepted').length, 1)
    assert.equal(outcomes.filter((outcome) => outcome === 'guard-failed').length, 3)
  },
}
