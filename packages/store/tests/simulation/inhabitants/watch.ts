import type { Incarnation } from '../world/host.ts'
import { lease, type World } from '../world/world.ts'
import { answerCalls } from '../agents/answers.ts'
import { takeLost } from '../agents/lost-runs.ts'
import { takeNext } from '../agents/prompts.ts'
import { executionKey } from '../agents/turn.ts'

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
 * Watches the runs of all processes: takes those whose process is silent for a lease, answers waiting
 * ones, and starts queued ones.
 */
export async function watch(world: World, at: Incarnation): Promise<void> {
  const { life, store, executing } = at
  const observed = new Map<string, { holder: string; since: number }>()
  let counters: ReadonlyMap<string, number> = new Map()
  for (;;) {
    await world.rest(life, lease / 3, lease / 3)
    // A read takes time: its result is of a moment between these two.
    const before = life.monotonic()
    const holders = await world.persist(life, () => store.leaseHolders())
    const still = [...holders].filter(([id, beats]) => (counters.get(id) ?? beats) === beats)
    counters = holders
    const others = still.map(([id]) => id)
    const activeRuns = await world.persist(life, () => store.activeRuns(others))
    const waiting = await world.persist(life, () => store.activeRuns())
    const after = life.monotonic()
    for (const { sessionId, head } of waiting) {
      const { run } = head
      if (run?.status !== 'waiting') continue
      const answers = world.calm ? 1 : world.random.pick([0, 0, 1, 1, 2])
      for (let count = answers; count > 0; count--) {
        world.spawn(life, answerCalls(world, at, sessionId, run.id))
      }
    }
    for (const open of activeRuns) {
      const { sessionId, head } = open
      const { run, queue, seq } = head
      const [next] = queue
      if (!run) {
        if (next?.kind === 'agent') world.spawn(life, takeNext(world, at, { sessionId, next, seq }))
      } else if (open.lease && !executing.has(executionKey(run.id, run.attempt))) {
        const { own, process, beats } = open.lease
        const holder = `${run.attempt ?? 1} ${process} ${own ? '' : beats}`
        const seen = observed.get(run.id)
        if (seen?.holder !== holder) observed.set(run.id, { holder, since: after })
        else if (before - seen.since >= lease) await takeLost(world, at, open)
      }
    }
  }
}
