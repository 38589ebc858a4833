import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'

import type { Guard } from '../../port/commit.ts'
import type { Bed, Cases } from '../support/bed.ts'
import { dequeued, enqueued, runChanged, runEnded, runStarted } from '../support/drafts.ts'
import { refusalOf, write } from '../support/writes.ts'

/** States of a session by what brings it there. */
const states = {
  fresh: [],
  running: [runStarted('r')],
  'running, one waits': [runStarted('r'), enqueued('q')],
  'running, two wait': [runStarted('r'), enqueued('q'), enqueued('p')],
  waiting: [runStarted('r'), runChanged('r', 'waiting')],
  resumed: [runStarted('r'), runChanged('r', 'waiting'), runChanged('r', 'streaming')],
  ended: [runStarted('r'), runEnded('r')],
  'ended, one waits': [runStarted('r'), enqueued('q'), runEnded('r')],
  'ended, two wait': [runStarted('r'), enqueued('q'), enqueued('p'), runEnded('r')],
  'ended, none waits any more': [runStarted('r'), enqueued('q'), runEnded('r'), dequeued('q')],
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
    assert.equal(refusal, holds ? 'taken' : 'guard-failed', `${guard.is} when ${state}`)
  }
}

const resting = [
  'fresh',
  'ended',
  'ended, one waits',
  'ended, two wait',
  'ended, none waits any more',
] as const

export const guardCases: Cases = {
  '`run` holds while the run is the active one': (bed) =>
    holdsIn(bed, { is: 'run', runId: 'r' }, [
      'running',
      'running, one waits',
      'running, two wait',
      'waiting',
      'resumed',
    ]),

  '`idle` holds where nothing runs and nothing waits': (bed) =>
    holdsIn(bed, { is: 'idle' }, ['fresh', 'ended', 'ended, none waits any more']),

  '`busy` holds where something runs or waits': (bed) =>
    holdsIn(bed, { is: 'enqueue', queueBelow: 3 }, [
      'running',
      'running, one waits',
      'running, two wait',
      'waiting',
      'resumed',
      'ended, one waits',
      'ended, two wait',
      'another runs',
    ]),

  async '`busy` tells a full queue'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, states['running, two wait'])
    const options = { guard: { is: 'enqueue', queueBelow: 2 } } as const
    assert.equal(await refusalOf(storage, session, [enqueued('x')], options), 'queue-full')
    await write(storage, session, [dequeued('q')])
    assert.equal(await refusalOf(storage, session, [enqueued('x')], options), 'taken')
  },

  '`next` holds for the first that waits where nothing runs': (bed) =>
    holdsIn(bed, { is: 'next-in-queue', runId: 'q' }, ['ended, one waits', 'ended, two wait']),

  '`next` does not hold for the second that waits': (bed) =>
    holdsIn(bed, { is: 'next-in-queue', runId: 'p' }, []),

  '`queued` holds for whatever waits': (bed) =>
    holdsIn(bed, { is: 'queued', runId: 'p' }, ['running, two wait', 'ended, two wait']),

  '`waiting` holds while the run waits for an answer': (bed) =>
    holdsIn(bed, { is: 'awaiting-tool', runId: 'r' }, ['waiting']),

  '`resting` holds where nothing runs, whatever waits': (bed) =>
    holdsIn(bed, { is: 'no-active-run' }, resting),

  async 'holds for one of two that come at once'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const outcomes = await Promise.all(
      [storage, other, storage, other].map((each, index) =>
        refusalOf(each, session, [runStarted(`r${index}`)], { guard: { is: 'idle' } }),
      ),
    )
    assert.equal(outcomes.filter((outcome) => outcome === 'taken').length, 1)
    assert.equal(outcomes.filter((outcome) => outcome === 'guard-failed').length, 3)
  },
}
