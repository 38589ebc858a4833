import { type OwnPostgres, ownPostgres } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import { Random } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { postgres } from '../../../src/engines/postgres/index.ts'
import { figure, long } from '../../support/long.ts'
import { newSeed } from '../../support/open-storage.ts'
import { ChildProgram } from '../child-program.ts'
import { CrashLedger } from './crash-ledger.ts'
import type { CrashLine } from './crash-line.ts'

const kills = long ? 60 : 5

/** Runs the writer until it is killed, and returns its lines. */
async function writeUntilKilled(server: OwnPostgres, seed: number, crashes: boolean) {
  const random = new Random(seed)
  const program = new URL('crash-writer.ts', import.meta.url)
  const child = new ChildProgram(program, [server.url, seed])
  const lines: CrashLine[] = []
  let killing: NodeJS.Timeout | undefined
  let restarted: Promise<void> | undefined
  const kill = () => {
    // The server goes first, so that nothing is acknowledged after its end.
    if (crashes) restarted = server.crash()
    child.signal('SIGKILL')
  }
  for (let line = await child.hear(); line !== undefined; line = await child.hear()) {
    lines.push(JSON.parse(line))
    killing ??= setTimeout(kill, random.between(0, 400))
  }
  clearTimeout(killing)
  expect(await child.end()).toBe('killed')
  await restarted
  return lines
}

test.each([
  { what: 'a process that is killed', crashes: false },
  { what: 'a process that is killed with its PostgreSQL', crashes: true },
])(
  '$what loses nothing acknowledged',
  async ({ what, crashes }) => {
    // Commits wait for the log: it is written when the server dies, though not flushed to the disk.
    const server = await ownPostgres(['fsync=off', 'synchronous_commit=on'])
    const ledger = new CrashLedger()
    for (let kill = 1; kill <= kills; kill++) {
      const seed = newSeed()
      try {
        ledger.take(await writeUntilKilled(server, seed, crashes))
        const options = { clock: systemClock, random: Math.random }
        const storage = await postgres({ url: server.url }).open(options)
        await ledger.check(storage)
        await storage.close()
      } catch (cause) {
        throw new Error(`The writer of seed ${seed} left this behind (kill ${kill}).`, { cause })
      }
    }
    figure(`${what}: ${kills} kills, ${ledger.torn} messages checked that were being written`)
    expect(ledger.torn).toBeGreaterThan(0)
  },
  kills * 12_000,
)
