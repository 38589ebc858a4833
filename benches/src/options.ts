import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

import type { Profile } from './measure/bench.ts'

export interface Options extends Profile {
  /** Names of benches; empty for all of them. */
  names: string[]
  /** A folder on a disk. */
  disk: string
  /** Only this place. */
  on?: 'ram' | 'disk'
  /** Whether to put the figures into the README. */
  record: boolean
}

export const usage = `pnpm bench [name…] [options]

  --quick           moments instead of minutes: shows that it works, its figures say nothing
  --seconds N       seconds of streaming (10)
  --messages N      messages of the longest session (1000000)
  --disk PATH       a folder on a disk (the system's folder for temporary files)
  --on ram|disk     only there
  --record          puts the figures into benches/README.md
`

/** @throws Error that explains an invalid argument */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      messages: { type: 'string' },
      disk: { type: 'string', default: tmpdir() },
      on: { type: 'string' },
      record: { type: 'boolean', default: false },
    },
  })
  const { quick, disk, on, record } = values
  if (on !== undefined && on !== 'ram' && on !== 'disk') {
    throw new Error(`--on must be ram or disk, not ${on}`)
  }
  return {
    names: positionals,
    quick,
    seconds: positive('seconds', values.seconds ?? (quick ? '0.3' : '10')),
    messages: positive('messages', values.messages ?? (quick ? '1000' : '1000000')),
    disk,
    ...(on && { on }),
    record,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new Error(`--${name} must be a number above 0, not ${text}`)
}
