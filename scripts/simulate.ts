// Runs the store in simulated worlds, each determined by its seed, and names those that failed.
//
//   pnpm simulate                        100 worlds in memory, from a seed of this moment on
//   pnpm simulate --seeds 1000           that many; --engine sqlite for worlds on a file,
//                                        postgres for worlds on a server
//   pnpm simulate --seed 7 --trace       this world, with a trace of everything that happens
import { parseArgs } from 'node:util'

import { crashableEngines } from '../packages/store/tests/support/crashable-engine.ts'
import type { AnyEngine } from '../packages/store/tests/support/test-engines.ts'
import { entriesOf, noCounts, sumOf } from '../packages/store/tests/simulation/world/counts.ts'
import { simulate } from '../packages/store/tests/simulation/simulate.ts'

const usage = `pnpm simulate [--seeds N] [--seed FIRST] [--engine memory|sqlite|postgres] [--trace]`
const { engine, first, count, trace } = readOptions()

let events = 0
let counts = noCounts()
const failed: number[] = []
const start = performance.now()
for (let seed = first; seed < first + count; seed++) {
  const options = { seed, engine: crashableEngines[engine](), ...(trace && { trace: console.log }) }
  try {
    const report = await simulate(options)
    events += report.events
    counts = sumOf(counts, report.counts)
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
for (const [name, times] of entriesOf(counts)) console.log(`${String(times).padStart(9)}  ${name}`)
// A server of its own would keep it alive.
process.exit(failed.length > 0 ? 1 : 0)

function isEngine(name: string): name is AnyEngine {
  return name in crashableEngines
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string' },
        engine: { type: 'string', default: 'memory' },
        trace: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    const { engine, trace } = values
    if (!isEngine(engine)) throw new Error(`There is no engine ${engine}.`)
    const first = count('seed', values.seed, Date.now() % 2 ** 31)
    const seeds = count('seeds', values.seeds, values.seed === undefined ? 100 : 1)
    return { engine, trace, first, count: seeds } as const
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
    process.exit(2)
  }

  function count(name: string, value: string | undefined, absent: number): number {
    const number = Number(value ?? absent)
    if (Number.isSafeInteger(number) && number >= 0) return number
    throw new Error(`--${name} is ${value}, and must be a whole number.`)
  }
}
