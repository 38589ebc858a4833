import { CaughtupError } from '@caughtup/schema'

import type { Incarnation } from './host.ts'
import { Turn } from './turn.ts'
import { beat, watch } from './watch.ts'
import type { World } from './world.ts'

/** Prompts that may wait in one session. */
const queueBelow = 3

/** What goes on in each process: signs of life, agents, and readers of `store.updates`. */
export function inhabit(world: World, at: Incarnation): void {
  const { life } = at
  life.killed.addEventListener('abort', () =>
    world.ledger.silence(life.name, Number.POSITIVE_INFINITY),
  )
  world.spawn(life, beat(world, at))
  const start = async (sessionId: string, queued: { runId: string; messageId: string }) => {
    const turn = new Turn(world, at, { sessionId, ...queued })
    await turn.take({ is: 'next', runId: queued.runId })
  }
  world.spawn(life, watch(world, at, start))
  for (let agents = world.random.between(1, 3); agents > 0; agents--) {
    world.spawn(life, sendPrompts(world, at))
  }
  for (let readers = world.random.between(0, 2); readers > 0; readers--) {
    world.spawn(life, readUpdates(world, at))
  }
}

/** Prompts, one after the other: answered where nothing runs, else queued. */
async function sendPrompts(world: World, at: Incarnation): Promise<void> {
  const { random, ledger } = world
  const { life, store } = at
  for (;;) {
    await world.rest(life, 0, 400)
    if (world.calm) return
    const sessionId = random.pick(world.sessions)
    const runId = world.name('run')
    const messageId = `prompt-${runId}`
    const turn = new Turn(world, at, { sessionId, runId, messageId })
    if (await turn.take({ is: 'idle' })) continue
    if (random.chance(0.5)) continue
    const queuedAt = life.now()
    const parts = [{ type: 'text' as const, text: `prompt of ${runId}` }]
    const result = await store
      .append({
        sessionId,
        drafts: [
          { type: 'queue-changed', add: { kind: 'agent', runId, messageId, parts, queuedAt } },
        ],
        guard: { is: 'busy', queueBelow },
      })
      .catch(unavailable)
    if (result && ledger.committed(sessionId, result)) {
      ledger.prompts.push({ sessionId, runId })
      world.trace(runId, `waits in ${sessionId}`)
    }
  }
}

/** One who reads states as they are committed, at a pace of his own, or not at all. */
async function readUpdates(world: World, { life, store }: Incarnation): Promise<void> {
  const pace = world.random.pick([0, 20, 500, 1e9])
  const revisions = new Map<string, number>()
  for await (const { message } of store.updates.subscribe()) {
    const before = revisions.get(message.id) ?? 0
    if (message.revision <= before) {
      throw new Error(`${message.id} was published at ${message.revision} after ${before}.`)
    }
    revisions.set(message.id, message.revision)
    if (pace > 0) await world.rest(life, 0, pace)
  }
}

function unavailable(error: unknown): undefined {
  if (!(error instanceof CaughtupError) || error.code !== 'UNAVAILABLE') throw error
}
