import assert from 'node:assert/strict'
import { inspect } from 'node:util'

import type { Cursor } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'

import type { Slice } from '../../src/port/commit.ts'
import type { Storage } from '../../src/port/storage.ts'
import { crashableEngines } from '../support/crashable-engine.ts'
import type { AnyEngine } from '../support/test-engines.ts'
import type { Call, Step } from './call.ts'
import { EngineUnderTest } from './engine-under-test.ts'
import { Names } from './names.ts'
import type { Outcome } from './outcome.ts'

const hour = 3_600_000
const seed = 7

/** Creates sessions that most programs need. */
const start: readonly Step[] = [0, 1, 2].map((session) => ({
  opening: 0,
  call: {
    call: 'create',
    session,
    members: ['ann', 'bob'],
    title: `Session ${session}`,
    metadata: undefined,
  },
}))

/** Runs the program on several engines, and fails at the first call that one answers differently. */
export async function runOnAll(
  engines: readonly AnyEngine[],
  steps: readonly Step[],
): Promise<void> {
  const clock = new ManualClock()
  const [first, ...others] = await Promise.all(
    engines.map((engine) => EngineUnderTest.open(crashableEngines[engine](), clock, seed)),
  )
  assert(first)
  const names = new Names()
  const trace: unknown[] = []
  try {
    for (const { opening, call: asked } of [...start, ...steps]) {
      const call = await settled(asked, names, first.storage(opening))
      const slices: Slice[] = []
      if (call.call === 'commit') {
        for (const spec of call.slices) slices.push(await names.slice(spec, first.storage(opening)))
      }
      trace.push(call.call === 'commit' ? { opening, slices } : { opening, ...call })
      if (call.call === 'retain') await passAnHour([first, ...others], opening, clock)
      const outcome = await first.perform(opening, call, names, slices)
      for (const other of others)
        assert.deepEqual(await other.perform(opening, call, names, slices), outcome)
      note(outcome, names)
      for (const engine of [first, ...others]) await engine.stepped()
    }
    for (const opening of [0, 1] as const) {
      trace.push(`everything at the end, through ${opening}`)
      const expected = await first.everything(opening)
      for (const other of others) assert.deepEqual(await other.everything(opening), expected)
    }
  } catch (error) {
    const told = inspect(trace, { depth: 12, breakLength: 140 })
    throw new Error(`${error instanceof Error ? error.message : String(error)}\nafter ${told}`, {
      cause: error,
    })
  } finally {
    for (const engine of [first, ...others]) await engine.close()
  }
}

/**
 * Lets an hour pass with heartbeats: engines look for old entries only now and then, in no fixed order
 * with other maintenance, and may forget a process that was silent for that long.
 */
async function passAnHour(all: readonly EngineUnderTest[], opening: 0 | 1, clock: ManualClock) {
  for (const engine of all) await engine.maintain(opening)
  await clock.advance(hour)
  for (const engine of all)
    for (const each of [0, 1] as const) await engine.storage(each).heartbeat()
}

/** Makes a fork in one step if a message of its source may finish while it is copied. */
async function settled(call: Call, names: Names, storage: Storage): Promise<Call> {
  if (call.call !== 'fork') return call
  const source = await storage.state(names.session(call.session)).catch(() => undefined)
  return source && source.open.length > 0 ? { ...call, whole: true } : call
}

/** Keeps returned cursors for later calls. */
function note(outcome: Outcome, names: Names): void {
  if (!('value' in outcome)) return
  for (const value of Array.isArray(outcome.value) ? outcome.value : [outcome.value]) {
    const { cursor }: { cursor?: Cursor } = Object(value)
    if (cursor) names.cursors.push(cursor)
  }
}
