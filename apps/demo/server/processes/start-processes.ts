import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Served } from '../../shared/served.ts'
import { ConfigError, type DemoConfig } from '../config/config.ts'
import { killPage } from '../pages/kill-page.ts'
import { servedPage } from '../pages/served-page.ts'
import { Balancer } from './balancer.ts'
import { ServerProcess } from './server-process.ts'

export interface ProcessesOptions {
  count: number
  /** Of the demo as a whole: its host and port are the balancer's. */
  config: DemoConfig
  /** For each process. */
  args: readonly string[]
  env: NodeJS.ProcessEnv
  /** The PostgreSQL that they share. @default one of its own, which ends with this process */
  database: string | undefined
}

export interface Processes {
  readonly url: string
  /** Ends all of them in order, and at once when it is called again. Resolves when they are gone. */
  end(): Promise<void>
}

/**
 * Starts server processes on one PostgreSQL, and a balancer in front. Resolves when all of them serve.
 *
 * @throws ConfigError if PostgreSQL cannot be started, ProcessEnded if a process ends before it serves, and
 *   the balancer's error if it cannot listen
 */
export async function startProcesses(options: ProcessesOptions): Promise<Processes> {
  const { count, config, args } = options
  const { host, port } = config
  const all: ServerProcess[] = []
  const balancer = new Balancer({
    targets: () =>
      all.flatMap(({ id, state, port: at }) =>
        state === 'serving' && at !== undefined ? [{ id, port: at }] : [],
      ),
    own: async (request, response) =>
      (await kill(request, response)) || (await served(request, response)),
  })
  const kill = killPage((id) => {
    const process = all.find((one) => String(one.id) === id)
    return process && (() => process.kill())
  })
  const served = servedPage((page) => servedBy(all, balancer, page))
  // First, because a port that is in use is found at once.
  const listening = await balancer.listen(host, port)
  let files: string | undefined
  const end = async () => {
    await Promise.all(all.map((process) => process.end()))
    await balancer.close()
    if (files !== undefined) await rm(files, { recursive: true, force: true })
  }
  try {
    let { database } = options
    const env = { ...options.env }
    if (database === undefined) {
      database = await embeddedPostgres()
      files = await mkdtemp(join(tmpdir(), 'caughtup-demo-'))
      env['CAUGHTUP_FILES'] ||= files
    }
    env['CAUGHTUP_DB'] = database
    for (let id = 1; id <= count; id++) {
      // One fills the database.
      const own = id === 1 ? env : { ...env, DEMO_FILL_TURNS: '0' }
      all.push(new ServerProcess({ id, args, env: own }))
    }
    await Promise.all(all.map(({ ready }) => ready))
  } catch (error) {
    await end()
    throw error
  }
  const name = host.includes(':') ? `[${host}]` : host
  return { url: `http://${name}:${listening}`, end }
}

async function embeddedPostgres(): Promise<string> {
  try {
    const { ownPostgres } = await import('@caughtup/local-services/postgres')
    return (await ownPostgres()).url
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigError(
      `No PostgreSQL could be started on this machine: set DATABASE_URL to one. ${why}`,
    )
  }
}

function servedBy(all: readonly ServerProcess[], balancer: Balancer, page: string | null): Served {
  const { streams } = balancer
  return {
    processes: all.map(({ id, pid, state }) => ({
      id,
      pid,
      state,
      streams: streams.filter(({ process }) => process === id).length,
    })),
    streams: streams
      .filter((stream) => stream.page === page)
      .map(({ kind, process }) => ({ kind, process })),
  }
}
