import { parseArgs } from 'node:util'

import type { Profile } from './measure/bench.ts'

export interface Options extends Profile {
  /** Names of benches; empty for all of them. */
  names: string[]
  /** Only write RESULTS.md again. */
  page: boolean
  /** The folder for databases. */
  on: string
  /** Instead of each bench's own number. */
  rounds?: number
}

export const usage = `pnpm bench [name…] [options]

  --page         only writes RESULTS.md and the charts again, from the figures that are there
  --smoke        ours and the bare loop for moments: shows that it works, its figures say nothing
  --rounds N     rounds of each bench, instead of its own number
  --seconds N    seconds of streaming in a round (3)
  --on PATH      the folder for databases (/dev/shm, the RAM disk)
`

/** @throws Error that explains an invalid argument */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      page: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      on: { type: 'string', default: '/dev/shm' },
    },
  })
  const { page, smoke, on } = values
  const rounds = values.rounds ?? (smoke ? '1' : undefined)
  return {
    names: positionals,
    page,
    smoke,
    seconds: positive('seconds', values.seconds ?? (smoke ? '0.3' : '3')),
    ...(rounds !== undefined && { rounds: Math.ceil(positive('rounds', rounds)) }),
    on,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new Error(`--${name} must be a number above 0, not ${text}`)
}
