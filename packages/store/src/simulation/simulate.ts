import assert from 'node:assert/strict'

import type { StorageFactory } from '../storage.ts'
import { calmDown, chaos } from './chaos.ts'
import { Client } from './client.ts'
import { inhabit } from './inhabit.ts'
import { verify } from './verify.ts'
import { World } from './world.ts'

export interface SimulationOptions {
  seed: number
  factory: StorageFactory
  /** Takes the lines of the trace, in the order of simulated time. */
  trace?: (line: string) => void
}

/** What was simulated, in numbers. */
export interface SimulationReport {
  /** Simulated time, in ms. */
  elapsed: number
  events: number
}

/** How long everybody has to catch up once nothing goes wrong any more, in ms. */
const patience = 20_000

/**
 * Runs one simulated world through some seconds of trouble, and holds what is there in the end
 * against everything that anybody was told. Everything follows from the seed.
 *
 * @throws AssertionError for a promise that was not kept
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const world: World = new World(options, (incarnation) => inhabit(world, incarnation))
  const { random, outside } = world
  const ending = new AbortController()
  try {
    for (const { host } of world.hosts) await world.until(host.start())
    await world.until(createSessions(world))
    const clients = world.sessions.flatMap((id) => [new Client(world, id), new Client(world, id)])
    for (const client of clients) {
      world.spawn(outside, client.run(ending.signal))
    }
    world.spawn(outside, chaos(world))
    await world.pass(random.between(500, 3_000))
    await world.until(calmDown(world))
    await world.until(rest(world, clients))
    await world.until(verify(world, clients))
    const entries = [...world.ledger.entries.values()]
    const events = entries.reduce((sum, { size }) => sum + size, 0)
    return { elapsed: world.scheduler.elapsed, events }
  } finally {
    ending.abort()
    for (const { host } of world.hosts) {
      host.current?.life.kill()
      await host.close()
    }
  }
}

async function createSessions(world: World): Promise<void> {
  const { host } = world.random.pick(world.hosts)
  const { storage, life } = await host.running()
  for (let count = world.random.between(1, 3); count > 0; count--) {
    const id = world.name('session')
    await storage.createSession({ id, title: '', createdAt: life.now(), members: ['me'] })
    world.sessions.push(id)
  }
}

/** Resolves when nothing runs any more and every client has seen everything. */
async function rest(world: World, clients: readonly Client[]): Promise<void> {
  const { outside } = world
  for (const end = outside.monotonic() + patience; outside.monotonic() < end;) {
    await world.rest(outside, 50, 50)
    const { store } = await world.hosts[0].host.running()
    await store.flushAll()
    const executing = world.hosts.some(({ host }) => (host.current?.executing.size ?? 0) > 0)
    if (executing || (await store.openRuns()).length > 0) continue
    const behind: string[] = []
    for (const client of clients) {
      const { head } = await store.head(client.sessionId)
      if (client.view?.seq !== head.seq) behind.push(client.name)
    }
    if (behind.length === 0) return
  }
  assert.fail('Somebody runs, waits or is behind for ever.')
}
