import fc from 'fast-check'
import { test } from 'vitest'

import { long } from '../support/long.ts'
import { step } from './any-call.ts'
import type { Call, DraftSpec } from './call.ts'
import { runOnAll } from './run-on-all.ts'
import { allEngines, engines } from '../support/test-engines.ts'

// Not compared: what engines may decide themselves (gauges, backups, the size of a maintenance step), and
// when changes of another process are noticed, which the conformance kit checks.
const program = fc.array(step, { maxLength: 80, size: 'max' })

test('all engines answer every call of a random program alike, including its errors', async () => {
  await fc.assert(
    fc.asyncProperty(program, (steps) => runOnAll(engines, steps)),
    { numRuns: long ? 10_000 : 100 },
  )
}, 1_800_000)

test('PostgreSQL answers every call of a random program as memory does', async () => {
  await fc.assert(
    fc.asyncProperty(program, (steps) => runOnAll(['memory', 'postgres'], steps)),
    { numRuns: long ? 200 : 12 },
  )
}, 1_800_000)

/** A commit with one slice per draft, all of one session. */
function commit(session: number, ...drafts: DraftSpec['draft'][]): Call {
  const slices = drafts.map((draft) => ({
    session,
    guard: undefined,
    drafts: [{ draft, pick: 0, text: 'Hello' }],
  }))
  return { call: 'commit', slices }
}

const retain: Call = { call: 'retain', age: 1, events: 0 }
const fork = { call: 'fork', session: 0, into: 3, pick: 1, whole: false } as const
const remove: Call = { call: 'delete', session: 0, pick: 0 }
const create: Call = {
  call: 'create',
  session: 0,
  members: ['ann'],
  title: 'Again',
  metadata: undefined,
}

// Programs that found a fault once.
test.each<{ what: string; calls: readonly Call[] }>([
  {
    what: 'a commit of several slices of one session',
    calls: [commit(0, 'prompt', 'delta', 'prompt')],
  },
  {
    what: 'a change of a run that is not the active one',
    calls: [commit(0, 'run', 'end', 'wait', 'run')],
  },
  {
    what: 'a fork that is completed after its source',
    calls: [commit(0, 'prompt'), fork, commit(0, 'prompt')],
  },
  {
    what: 'a fork whose source is another session by now',
    calls: [fork, remove, create, { call: 'maintain' }],
  },
  {
    what: 'a fork that is dropped with its source',
    calls: [fork, remove, { call: 'continueFork', session: 3 }],
  },
  {
    what: 'a hidden fork that is deleted',
    calls: [fork, { call: 'delete', session: 3, pick: 0 }, { call: 'maintain' }],
  },
  {
    what: 'a summary in the middle of an erasure',
    calls: [commit(0, 'prompt'), commit(0, 'erase')],
  },
  {
    what: 'a floor in the middle of what another opening streams',
    calls: [commit(0, 'open', 'delta'), retain, commit(0, 'delta'), { call: 'everything' }],
  },
])('all engines answer alike in $what', async ({ calls }) => {
  const openings = [0, 1] as const
  for (const first of openings) {
    const steps = calls.map(
      (call, index) => ({ opening: index % 2 === first ? 0 : 1, call }) as const,
    )
    await runOnAll(allEngines, steps)
  }
})
