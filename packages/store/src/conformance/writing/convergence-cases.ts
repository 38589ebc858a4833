import assert from 'node:assert/strict'

import { emptyView, type View } from '@caughtup/schema/fold'
import { Random } from '@caughtup/schema/testing'

import type { Bed, Cases } from '../support/bed.ts'
import { Program } from '../support/program.ts'
import { allEvents } from '../support/reads.ts'
import { foldAll, freshView, readOn, sameIn } from '../support/views.ts'

const programs = 8
const steps = 60

/** Runs random programs; a failure names the seed that repeats it. */
async function eachProgram(
  bed: Bed,
  check: (program: Program, random: Random) => Promise<void>,
): Promise<void> {
  for (let index = 0; index < programs; index++) {
    const seed = (bed.seed + index) >>> 0
    const random = new Random(seed)
    const program = await Program.start(bed, random)
    try {
      await check(program, random)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`seed ${seed}, after ${program.trace.join(', ')}: ${message}`, {
        cause: error,
      })
    }
  }
}

export const convergenceCases: Cases = {
  async 'turns a snapshot and the events after it into the view of a fresh window'(bed) {
    await eachProgram(bed, async (program, random) => {
      const snapshots: View[] = []
      for (let step = 0; step < steps; step++) {
        await program.step({ imports: true })
        snapshots.push(await freshView(program.storage, program.session))
      }
      const fresh = sameIn(await freshView(program.storage, program.session))
      for (const snapshot of snapshots) {
        const bytes = random.pick([1, 500, 5_000, 1e9])
        const events = await readOn(program.storage, program.session, snapshot.seq, bytes)
        const view = foldAll(snapshot, events)
        if (view) assert.deepEqual(sameIn(view), fresh, `from ${snapshot.seq}`)
      }
    })
  },

  async 'gives the same view at every cut, merged or one by one'(bed) {
    await eachProgram(bed, async (program, random) => {
      for (let step = 0; step < steps; step++) await program.step({ imports: false })
      const { storage, session } = program
      const entries = await allEvents(storage, session)
      const whole = foldAll(emptyView, entries)
      if (whole) assert.deepEqual(sameIn(whole), sameIn(await freshView(storage, session)))
      let view: View | undefined = emptyView
      for (const entry of entries) {
        view = foldAll(view, [entry])
        if (!view) return
        const bytes = random.pick([1, 300, 1e9])
        const merged = foldAll(view, await readOn(storage, session, view.seq, bytes))
        assert.deepEqual(merged, whole, `cut after ${view.seq}`)
      }
    })
  },
}
