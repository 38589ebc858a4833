import assert from 'node:assert/strict'
import { inspect } from 'node:util'

import type { Cursor } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'

import { memory } from '../../src/engines/memory/index.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { Slice } from '../../src/port/commit.ts'
import type { Storage } from '../../src/port/storage.ts'
import type { Call, Step } from './call.ts'
import { EngineUnderTest, type Outcome } from './engine-under-test.ts'
import { Names } from './names.ts'

const hour = 3_600_000
const seed = 7

/** Sessions that most programs need. */
const start: readonly Step[] = [0, 1, 2].map((session) => ({
  opening: 0,
  call: { call: 'create', session, members: ['ann', 'bob'], title: `Session ${session}` },
}))

/** Runs the program on both engines; the first call that they answer differently fails it. */
export async function runOnBoth(steps: readonly Step[], file: string): Promise<void> {
  const clock = new ManualClock()
  const left = await EngineUnderTest.open(memory(), clock, seed)
  const right = await EngineUnderTest.open(sqlite({ path: file }), clock, seed)
  const names = new Names()
  const trace: unknown[] = []
  try {
    for (const { opening, call: asked } of [...start, ...steps]) {
      const call = await settled(asked, names, left.storage(opening))
      const slices: Slice[] = []
      if (call.call === 'commit') {
        for (const spec of call.slices) slices.push(await names.slice(spec, left.storage(opening)))
      }
      trace.push(call.call === 'commit' ? { opening, slices } : { opening, ...call })
      if (call.call === 'retain') await passAnHour([left, right], opening, clock)
      const outcome = await left.perform(opening, call, names, slices)
      assert.deepEqual(await right.perform(opening, call, names, slices), outcome)
      note(outcome, names)
      for (const engine of [left, right]) await engine.stepped()
    }
    for (const opening of [0, 1] as const) {
      trace.push(`everything at the end, through ${opening}`)
      assert.deepEqual(await right.everything(opening), await left.everything(opening))
    }
  } catch (error) {
    const told = inspect(trace, { depth: 12, breakLength: 140 })
    throw new Error(`${error instanceof Error ? error.message : String(error)}\nafter ${told}`, {
      cause: error,
    })
  } finally {
    await left.close()
    await right.close()
  }
}

/**
 * Engines look for what is too old once in a while, and in no order with other upkeep; and a process
 * that was silent for that long may be forgotten.
 */
async function passAnHour(engines: readonly EngineUnderTest[], opening: 0 | 1, clock: ManualClock) {
  for (const engine of engines) await engine.maintain(opening)
  await clock.advance(hour)
  for (const engine of engines)
    for (const each of [0, 1] as const) await engine.storage(each).heartbeat()
}

/** A fork is made in one go where a message of its source may be finished while it is copied. */
async function settled(call: Call, names: Names, storage: Storage): Promise<Call> {
  if (call.call !== 'fork') return call
  const source = await storage.head(names.session(call.session)).catch(() => undefined)
  return source && source.open.length > 0 ? { ...call, whole: true } : call
}

/** Keeps cursors that were given out, so that they are asked about later. */
function note(outcome: Outcome, names: Names): void {
  if (!('value' in outcome)) return
  for (const value of Array.isArray(outcome.value) ? outcome.value : [outcome.value]) {
    const { cursor }: { cursor?: Cursor } = Object(value)
    if (cursor) names.cursors.push(cursor)
  }
}
