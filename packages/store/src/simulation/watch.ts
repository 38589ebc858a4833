import type { EventDraft } from '@caughtup/schema'

import type { OpenRun } from '../storage.ts'
import type { Incarnation } from './host.ts'
import { passing } from './turn.ts'
import { lease, type World } from './world.ts'

/** A process's signs of life. */
export async function beat(world: World, { life, store }: Incarnation): Promise<void> {
  let last = life.monotonic()
  for (;;) {
    const done = await store.beat().then(() => true, passing)
    if (done) {
      world.ledger.silence(life.name, life.monotonic() - last)
      last = life.monotonic()
    }
    await world.rest(life, lease / 3, lease / 3)
  }
}

/**
 * Looks for runs whose process is silent for one lease, and ends them; takes up queues that wait.
 * `start` is given the run that is next in a session.
 */
export async function watch(
  world: World,
  at: Incarnation,
  start: (sessionId: string, queued: { runId: string; messageId: string }) => Promise<void>,
): Promise<void> {
  const { life, store, executing } = at
  const observed = new Map<string, { holder: string; since: number }>()
  for (;;) {
    await world.rest(life, lease / 3, lease / 3)
    const now = life.monotonic()
    const open = (await store.openRuns().catch(passing)) ?? []
    for (const run of open) {
      const [next] = run.head.queue
      if (!run.head.run && next?.kind === 'agent') world.spawn(life, start(run.sessionId, next))
      if (!run.head.run || !run.lease || executing.has(run.head.run.id)) continue
      const holder = `${run.lease.process} ${run.lease.own ? '' : run.lease.beats}`
      const seen = observed.get(run.head.run.id)
      if (seen?.holder !== holder) observed.set(run.head.run.id, { holder, since: now })
      else if (now - seen.since >= lease) await endLost(world, at, run)
    }
  }
}

async function endLost(world: World, { life, store }: Incarnation, run: OpenRun): Promise<void> {
  const { sessionId, head, open } = run
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
    guard: { is: 'run', runId },
  })
  const ended = world.ledger.committed(sessionId, result)
  world.trace(life.name, `${ended ? 'ends' : 'does not end'} ${runId} as lost`)
}
