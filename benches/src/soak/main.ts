// `pnpm soak`: thousands of subscribers for minutes, one in ten stalling. Ends with 1 if the server
// loses something, grows, delays its agents or is unfair.
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

import { soak } from './soak.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    subscribers: { type: 'string', default: '4000' },
    sessions: { type: 'string', default: '50' },
    rate: { type: 'string', default: '20' },
    on: { type: 'string', default: tmpdir() },
  },
})
const { figures, violations } = await soak(
  {
    seconds: positive('seconds'),
    subscribers: positive('subscribers'),
    sessions: positive('sessions'),
    rate: positive('rate'),
    on: values.on,
  },
  (line) => process.stderr.write(`${line}\n`),
)
for (const figure of figures) process.stdout.write(`Figure: ${figure}\n`)
for (const violation of violations) process.stderr.write(`${violation}\n`)
process.exitCode = violations.length > 0 ? 1 : 0

function positive(name: 'seconds' | 'subscribers' | 'sessions' | 'rate'): number {
  const value = Number(values[name])
  if (value > 0 && Number.isFinite(value)) return value
  throw new Error(`--${name} must be a number above 0, not ${values[name]}`)
}
