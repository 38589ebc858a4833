import type { EventDraft } from '@caughtup/schema'

import type { ActiveRun } from '../../../src/port/sessions.ts'
import type { Incarnation } from '../world/host.ts'
import { Turn } from './turn.ts'
import { lease, type World } from '../world/world.ts'

/** Sends the heartbeats of a process. */
export async function heartbeat(world: World, { life, store }: Incarnation): Promise<void> {
  let last = life.monotonic()
  for (;;) {
    await world.persist(life, () => store.heartbeat())
    const silence = life.monotonic() - last
    world.silences.set(life.name, Math.max(silence, world.silences.get(life.name) ?? 0))
    last = life.monotonic()
    await world.rest(life, lease / 3, lease / 3)
  }
}

/**
 * Watches the runs of all processes: ends those whose process is silent for a lease, answers waiting
 * ones, and starts queued ones.
 */
export async function watch(world: World, at: Incarnation): Promise<void> {
  const { life, store, executing } = at
  const observed = new Map<string, { holder: string; since: number }>()
  for (;;) {
    await world.rest(life, lease / 3, lease / 3)
    // A read takes time: its result is of a moment between these two.
    const before = life.monotonic()
    const activeRuns = await world.persist(life, () => store.activeRuns())
    const after = life.monotonic()
    for (const open of activeRuns) {
      const { run, queue } = open.head
      const [next] = queue
      if (!run) {
        if (next?.kind === 'agent') world.spawn(life, startNext(world, at, open.sessionId, next))
      } else if (run.status === 'waiting') {
        if (world.calm || world.random.chance(0.5)) world.spawn(life, resume(world, at, open))
      } else if (open.lease && !executing.has(run.id)) {
        const holder = `${open.lease.process} ${open.lease.own ? '' : open.lease.beats}`
        const seen = observed.get(run.id)
        if (seen?.holder !== holder) observed.set(run.id, { holder, since: after })
        else if (before - seen.since >= lease) await endLost(world, at, open)
      }
    }
  }
}

async function startNext(
  world: World,
  at: Incarnation,
  sessionId: string,
  { runId, messageId }: { runId: string; messageId: string },
): Promise<void> {
  if (at.executing.has(runId)) return
  await new Turn(world, at, { sessionId, runId, messageId }).take({ is: 'next-in-queue', runId })
}

async function resume(
  world: World,
  at: Incarnation,
  { sessionId, head }: ActiveRun,
): Promise<void> {
  const runId = head.run?.id
  if (runId === undefined || at.executing.has(runId)) return
  await new Turn(world, at, { sessionId, runId, messageId: `prompt-${runId}` }).resume()
}

async function endLost(
  world: World,
  { life, store }: Incarnation,
  { sessionId, head, open }: ActiveRun,
): Promise<void> {
  const runId = head.run?.id
  if (runId === undefined) return
  const drafts = open
    .filter(({ metadata }) => metadata.runId === runId)
    .map(({ id }): EventDraft => ({
      type: 'message-finished',
      runId,
      messageId: id,
      reason: 'lost',
    }))
  const result = await store.append({
    sessionId,
    drafts: [...drafts, { type: 'run-ended', runId, reason: 'lost' }],
    guard: { is: 'run', runId, seq: head.seq },
  })
  const ended = world.ledger.committed(life.name, sessionId, result)
  world.trace(life.name, `${ended ? 'ends' : 'does not end'} ${runId} as lost`)
}
