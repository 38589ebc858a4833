import { announce } from '../config/announce.ts'
import { readConfig } from '../config/config.ts'
import { explainError } from '../config/explain-error.ts'
import { sharedDatabase } from './read-processes.ts'
import { ProcessEnded } from './server-process.ts'
import { startProcesses } from './start-processes.ts'

/** Any host but these may be named by requests of other machines. */
const loopback = /^(localhost|127\..*|::1)$/

/**
 * Runs several servers until this process gets a signal. A second signal ends them at once.
 *
 * @throws ConfigError
 */
export async function superviseSeveral({
  count,
  args,
  root,
}: {
  count: number
  args: readonly string[]
  root: string
}): Promise<void> {
  const database = sharedDatabase(process.env)
  // One that starts with them has no address yet.
  const env = { ...process.env, CAUGHTUP_DB: database ?? 'postgres://localhost' }
  const config = readConfig(env, args, root)
  try {
    const processes = await startProcesses({
      count,
      config,
      // The servers see the balancer's connections, and would take them for those of this machine.
      args: loopback.test(config.host) ? args : [...args, '--any-host'],
      env: process.env,
      database,
    })
    announce(processes.url, config)
    console.log(`${count} processes share one PostgreSQL. The drawer “Under the hood” shows them.`)
    let signals = 0
    const onSignal = () => {
      if (++signals > 1) process.exitCode = 130
      processes.end().then(() => process.exit(), fail)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  } catch (error) {
    if (error instanceof ProcessEnded) process.exit(error.exitCode)
    const words = explainError(error, config)
    if (words === undefined) throw error
    console.error(words)
    process.exit(1)
  }
}

function fail(error: unknown): void {
  console.error('Closing failed:', error)
  process.exit(1)
}
