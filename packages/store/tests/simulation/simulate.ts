import assert from 'node:assert/strict'

import { calmDown, chaos } from './world/chaos.ts'
import type { Counts } from './world/counts.ts'
import { Client } from './inhabitants/client.ts'
import { inhabit } from './inhabitants/inhabit.ts'
import { ListClient } from './inhabitants/list-client.ts'
import { verify } from './verify/verify.ts'
import { guests, owner } from './world/membership.ts'
import { World, type WorldOptions } from './world/world.ts'

/** Figures of a simulation. */
export interface SimulationReport {
  /** Simulated time, in ms. */
  elapsed: number
  /** Journal entries that anybody saw. */
  events: number
  /** How often what happened. */
  counts: Counts
}

/** How long everybody has to catch up once faults have ended, in ms. */
const patience = 30_000

/** How long maintenance and lists, which cannot be awaited, may take to finish, in ms. */
const tidyUp = 1_500

/**
 * Runs one simulated world through some seconds of faults, and compares the final state with everything
 * that anybody was told. Everything follows from the seed.
 *
 * @throws AssertionError for a promise that was not kept
 */
export async function simulate(options: WorldOptions): Promise<SimulationReport> {
  const clients: Client[] = []
  const lists: ListClient[] = []
  const world: World = new World(options, {
    inhabit: (incarnation) => inhabit(world, incarnation),
    visit(sessionId) {
      for (let count = world.random.between(1, 2); count > 0; count--) {
        const client = new Client(world, sessionId, world.random.pick([owner, owner, ...guests]))
        clients.push(client)
        world.spawn(world.outside, client.run())
      }
    },
  })
  try {
    await world.until(begin(world, options))
    for (let count = world.random.between(0, 2); count > 0; count--) {
      const list = new ListClient(world, world.random.pick([owner, ...guests]))
      lists.push(list)
      world.spawn(world.outside, list.run())
    }
    world.spawn(world.outside, chaos(world))
    await world.pass(world.random.between(300, 1_400))
    await world.until(calmDown(world))
    await world.until(rest(world, clients))
    // At once, before anything is packed, unless maintenance has yet to remove entries.
    if (!world.retains) await world.until(verify(world, { clients, lists: [] }))
    await world.pass(tidyUp)
    await world.until(verify(world, { clients, lists }))
    const entries = [...world.ledger.entries.values()]
    const events = entries.reduce((sum, { size }) => sum + size, 0)
    return { elapsed: world.scheduler.elapsed, events, counts: world.counts }
  } finally {
    await world.end()
  }
}

async function begin(world: World, { engine }: WorldOptions): Promise<void> {
  const { outside, random } = world
  const database = await engine.factory.open({ clock: outside, random: random.next })
  for (let count = random.between(1, 3); count > 0; count--) {
    const id = world.name('session')
    const members = [owner, ...guests.filter(() => random.chance(0.5))]
    await database.createSession({ id, title: '', createdAt: outside.now(), members })
    world.opened(id)
  }
  await database.close()
  for (const { host } of world.hosts) await host.start()
}

/** Resolves when no run is active, no hook is owed, and every client has seen everything. */
async function rest(world: World, clients: readonly Client[]): Promise<void> {
  const { outside } = world
  let left: string[] = []
  for (const end = outside.monotonic() + patience; outside.monotonic() < end;) {
    await world.rest(outside, 50, 50)
    left = await unfinished(world, clients)
    if (left.length === 0) return
  }
  assert.fail(`Never done: ${left.join(', ')}.`)
}

/** Active runs, hooks that are owed, and clients that are behind or should have ended. */
async function unfinished(world: World, clients: readonly Client[]): Promise<string[]> {
  // A process may still die of a fault that was decided earlier.
  for (const { host } of world.hosts) if (!host.current) await host.start()
  const left = world.hosts.flatMap(({ host }) => [...(host.current?.executing ?? [])])
  const { store } = await world.hosts[0].host.running()
  for (const { sessionId } of await store.activeRuns()) left.push(sessionId)
  if ((await store.hooks.holders()).length + (await store.hooks.list(1)).length > 0) {
    left.push('a hook')
  }
  for (const client of clients) {
    if (client.isOver || !world.sessions.includes(client.sessionId)) continue
    if (!(await store.sessions.members(client.sessionId)).includes(client.principal)) {
      if (client.view) left.push(`${client.name}, who is no member,`)
      continue
    }
    const { head } = await store.head(client.sessionId)
    if (!client.hasSeen(head.seq)) left.push(client.name)
  }
  return left
}
