import type { Incarnation } from '../world/host.ts'
import { lease, type World } from '../world/world.ts'

/** The most calls that are made in one round. */
const most = 16

/** Calls the hooks that commits of a process owe, and those of processes that are silent for a lease. */
export async function callHooks(world: World, { life, store }: Incarnation): Promise<void> {
  const { hooks } = store
  const observed = new Map<string, { beats: number; since: number }>()
  hooks.listen(() => undefined)
  for (;;) {
    await world.rest(life, lease / 3, lease / 3)
    for (const { hook } of await world.persist(life, () => hooks.list(most))) {
      // As a host that fails, or is slow.
      if (world.random.chance(0.1)) {
        await world.persist(life, () => hooks.postpone(hook.id, life.now() + 50))
        continue
      }
      if (world.ledger.hooks.has(hook.id)) world.count('hook called again')
      world.ledger.hooks.set(hook.id, hook)
      world.count('hook called')
      await world.rest(life, 0, 60)
      await world.persist(life, () => hooks.settle(hook.id))
    }
    const before = life.monotonic()
    const holders = await world.persist(life, () => hooks.holders())
    const after = life.monotonic()
    for (const { process, beats } of holders) {
      const seen = observed.get(process)
      if (seen?.beats !== beats) observed.set(process, { beats, since: after })
      else if (before - seen.since >= lease) {
        await world.persist(life, () => hooks.take(process))
        world.count('hook of a dead process taken')
        world.trace(life.name, 'takes the hooks of a dead process')
      }
    }
  }
}
