import { fileURLToPath } from 'node:url'

import {
  BenchProcess,
  type ClientProcess,
  type SideProcess,
} from '../subscribers/measure/processes.ts'
import type { Database } from './database.ts'

const module = fileURLToPath(new URL('postgres-server.ts', import.meta.url))

/** Servers of one database, each in a process of its own. */
export class Servers implements AsyncDisposable {
  readonly all: readonly SideProcess[]
  readonly #database: Database

  private constructor(all: readonly SideProcess[], database: Database) {
    this.all = all
    this.#database = database
  }

  static async start(
    database: Database,
    { count, windowMs }: { count: number; windowMs: number },
  ): Promise<Servers> {
    const args = [String(windowMs), ...database.args]
    const all = Array.from({ length: count }, (): SideProcess => new BenchProcess(module, args))
    for (const each of all) await each.call('start', null)
    return new Servers(all, database)
  }

  at(index: number): SideProcess {
    const server = this.all[index % this.all.length]
    if (!server) throw new Error('There is no server.')
    return server
  }

  /** What they and the database have used, in ms. */
  async cpu(): Promise<{ servers: number; database: number }> {
    const usages = await Promise.all(this.all.map((each) => each.call('usage', { collect: false })))
    return {
      servers: usages.reduce((sum, { cpu }) => sum + cpu, 0),
      database: this.#database.cpu(),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.all) await each[Symbol.asyncDispose]()
  }
}

/** Subscribers of a session at one of the servers, which did not have to start it. */
export async function subscribeAt(
  server: SideProcess,
  clients: ClientProcess,
  { session, count }: { session: string; count: number },
): Promise<number> {
  const subscription = await server.call('join', session)
  const group = await clients.call('connect', { subscription, count })
  await clients.call('subscribe', group)
  return group
}
