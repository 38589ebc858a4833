// Runs the server in a process of its own, and starts it again when it was killed; with `--processes N`, N of
// them on one PostgreSQL, behind a balancer.
import { fileURLToPath } from 'node:url'

import { ConfigError } from './config/config.ts'
import { readProcesses } from './processes/read-processes.ts'
import { superviseOne } from './processes/supervise-one.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

try {
  const { count, rest } = readProcesses(process.argv.slice(2))
  if (count === undefined) superviseOne(rest)
  else {
    const { superviseSeveral } = await import('./processes/supervise-several.ts')
    await superviseSeveral({ count, args: rest, root })
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
