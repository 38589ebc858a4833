import { systemClock } from '@caughtup/schema/clock'
import { ManualClock } from '@caughtup/schema/testing'

import type { Slice } from '../../src/port/commit.ts'
import type { Storage, StorageFactory } from '../../src/port/storage.ts'
import type { Call, DraftSpec, Step } from '../differential/call.ts'
import { EngineUnderTest } from '../differential/engine-under-test.ts'
import { Names, sessionIds } from '../differential/names.ts'
import type { CrashableEngine } from '../support/crashable-engine.ts'
import { type Client, newClient, resume } from '../faults/resume.ts'

const hour = 3_600_000

/** What is written to each session first, each by a commit of its own. */
const history: readonly Draft[] = [
  ['run', 0],
  ['prompt', 0],
  ['open', 1],
  ['delta', 0],
  ['finish', 0],
  ['end', 5],
  ['child', 1],
  ['import', 7],
  ['compaction', 2],
  ['prompt', 3],
  ['answer', 4],
  ['prompt', 5],
  ['answer', 6],
]
/** And last. */
const ends: readonly Draft[] = [
  ['undo', 0],
  ['delete', 9],
  ['queue', 0],
]

type Draft = readonly [DraftSpec['draft'], number]

/** Makes sessions that have something of everything, before the random calls. */
const start: readonly Step[] = [0, 1, 2].flatMap((session): Step[] => {
  const create: Call = {
    call: 'create',
    session,
    members: ['ann', 'bob', 'a\0b'],
    title: `Session ${session}`,
    metadata: { session: `${session}` },
  }
  const drafts = [...history, ...ends.slice(session, session + 1)]
  const commits = drafts.map(([draft, pick]): Call => {
    const specs = [{ draft, pick, text: 'Hello ' }]
    return { call: 'commit', slices: [{ session, guard: undefined, drafts: specs }] }
  })
  return [create, ...commits].map((call) => ({ opening: 0, call }))
})

/**
 * Runs a random program of the port's calls on a database.
 *
 * @returns the names that it used, and clients that saw sessions meanwhile
 */
export async function runProgram(
  database: CrashableEngine,
  steps: readonly Step[],
): Promise<{ names: Names; clients: Client[] }> {
  const clock = new ManualClock()
  const kept = { ...database, dispose: async () => undefined }
  const engine = await EngineUnderTest.open(kept, clock, 7)
  const names = new Names()
  const clients: Client[] = []
  try {
    for (const [index, { opening, call }] of [...start, ...steps].entries()) {
      const slices: Slice[] = []
      if (call.call === 'commit') {
        for (const spec of call.slices)
          slices.push(await names.slice(spec, engine.storage(opening)))
      }
      if (call.call === 'retain') {
        await engine.maintain(opening)
        await clock.advance(hour)
      }
      await engine.perform(opening, call, names, slices)
      await engine.stepped()
      if (index % 5 === 0) clients.push(...(await look(engine.storage(opening))))
    }
    await engine.maintain(0)
  } finally {
    await engine.close()
  }
  return { names, clients }
}

async function look(storage: Storage): Promise<Client[]> {
  const clients: Client[] = []
  for (const id of sessionIds) {
    if (await storage.session(id)) clients.push(await resume(storage, newClient(id)))
  }
  return clients
}

/** Opens a database, and closes it after the work. */
export async function using<T>(
  factory: StorageFactory,
  work: (storage: Storage) => Promise<T>,
): Promise<T> {
  const storage = await factory.open({ clock: systemClock, random: Math.random })
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}
