// Runs the store in simulated worlds, each of which follows from its seed, and says which failed.
//
//   pnpm simulate                        100 worlds in memory, from a seed of this moment on
//   pnpm simulate --seeds 1000           that many; --engine sqlite for worlds on a file
//   pnpm simulate --seed 7 --trace       this one, with everything that happens in it
import { parseArgs } from 'node:util'

import { engines } from '../packages/store/src/model/model-engine.ts'
import { simulate } from '../packages/store/src/simulation/simulate.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    engine: { type: 'string', default: 'memory' },
    trace: { type: 'boolean', default: false },
  },
})
const { engine, trace } = values
if (engine !== 'memory' && engine !== 'sqlite') {
  console.error(`There is no engine ${engine}: memory or sqlite.`)
  process.exit(2)
}
const first = Number(values.seed ?? Date.now() % 2 ** 31)
const count = Number(values.seeds ?? (values.seed === undefined ? 100 : 1))

let events = 0
const failed: number[] = []
const start = performance.now()
for (let seed = first; seed < first + count; seed++) {
  const options = { seed, engine: engines[engine](), ...(trace && { trace: console.log }) }
  try {
    events += (await simulate(options)).events
  } catch (error) {
    failed.push(seed)
    console.error(`\nSeed ${seed} failed: ${error instanceof Error ? error.stack : String(error)}`)
    console.error(`  pnpm simulate --seed ${seed} --engine ${engine} --trace`)
  }
}
const ms = performance.now() - start
console.log(
  `${count} worlds on ${engine} from seed ${first}: ${failed.length} failed; ` +
    `${events} events, ${(ms / count).toFixed(1)} ms a world.`,
)
process.exitCode = failed.length > 0 ? 1 : 0
