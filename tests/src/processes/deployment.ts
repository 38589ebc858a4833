import type { Random } from '@caughtup/schema/testing'
import { setTimeout } from 'node:timers/promises'

import type { ChatProcessOptions } from './chat-process-options.ts'
import { ServerProcess } from './server-process.ts'

/** Server processes on one database, each on a port that it keeps. */
export class Deployment {
  readonly #servers: { options: ChatProcessOptions; process: ServerProcess; isWell: boolean }[]
  readonly #random: Random
  readonly #healing = new Set<Promise<void>>()
  /** How often each harm was done. */
  readonly harms: Record<string, number> = {}
  /** Servers that ended though nobody harmed them, as their codes. */
  readonly crashes: string[] = []

  private constructor(
    servers: { options: ChatProcessOptions; process: ServerProcess }[],
    random: Random,
  ) {
    this.#servers = servers.map((server) => ({ ...server, isWell: true }))
    this.#random = random
  }

  static async start(each: readonly ChatProcessOptions[], random: Random): Promise<Deployment> {
    const servers = each.map(async (options) => {
      const process = await ServerProcess.start(options)
      return { options: { ...options, port: process.port }, process }
    })
    return new Deployment(await Promise.all(servers), random)
  }

  get urls(): string[] {
    return this.#servers.map(({ process }) => process.url)
  }

  /** The port of any server, whether it is well or not: who balances load learns of it late. */
  anyPort(): number {
    return this.#random.pick(this.#servers).process.port
  }

  /**
   * Harms a server, if another one is well: it is killed, paused for longer than its lease, or replaced as in a
   * rolling restart. It is well again after a while.
   */
  harm(): void {
    const well = this.#servers.filter(({ isWell }) => isWell)
    if (well.length < 2) return
    const server = this.#random.pick(well)
    const harm = this.#random.weighted({ kill: 3, pause: 2, replace: 2 })
    this.harms[harm] = (this.harms[harm] ?? 0) + 1
    server.isWell = false
    const away = this.#random.between(0, 1_000)
    const healed = this.#heal(server, harm, away).then(() => {
      server.isWell = true
      this.#healing.delete(healed)
    })
    this.#healing.add(healed)
  }

  /** Resolves when all servers are well. */
  async well(): Promise<void> {
    await Promise.all(this.#healing)
    for (const { process } of this.#servers) {
      if (process.crash !== undefined) this.crashes.push(process.crash)
    }
  }

  async #heal(
    server: { options: ChatProcessOptions; process: ServerProcess },
    harm: 'kill' | 'pause' | 'replace',
    away: number,
  ): Promise<void> {
    if (server.process.crash !== undefined) this.crashes.push(server.process.crash)
    if (harm === 'pause') {
      server.process.signal('SIGSTOP')
      await setTimeout(server.options.lease + away)
      server.process.signal('SIGCONT')
      return
    }
    await server.process.end(harm === 'kill' ? 'SIGKILL' : 'SIGTERM')
    await setTimeout(away)
    server.process = await started(server.options)
  }
}

/** Starts a server as a supervisor does: again and again while its database is away. */
async function started(options: ChatProcessOptions): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ServerProcess.start(options)
    } catch (error) {
      if (attempt === 20) throw error
      await setTimeout(100)
    }
  }
}
