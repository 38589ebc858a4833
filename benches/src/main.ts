import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { benches } from './benches.ts'
import { type Options, parseOptions, usage } from './options.ts'
import { type Place, placeAt } from './place.ts'
import { markdown, originOf } from './report.ts'
import { type Result, runBench } from './run-bench.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

try {
  const options = parseOptions(process.argv.slice(2))
  const unknown = options.names.filter((name) => !benches.some((bench) => bench.name === name))
  if (unknown.length > 0) throw new Error(`Unknown bench: ${unknown.join(', ')}`)
  await run(options)
} catch (error) {
  const names = benches.map(({ name, question }) => `  ${name.padEnd(18)}${question}`)
  process.stderr.write(`${String(error)}\n\n${usage}\n${names.join('\n')}\n`)
  process.exitCode = 1
}

async function run(options: Options): Promise<void> {
  const places = placesOf(options)
  const origin = originOf(root, options)
  const results: Result[] = []
  for (const bench of benches) {
    if (options.names.length > 0 && !options.names.includes(bench.name)) continue
    const progress = (line: string) => process.stderr.write(`${line}\n`)
    try {
      results.push(await runBench(bench, options, places, progress))
    } catch (error) {
      // The figures of the other benches took minutes and remain valid.
      process.stderr.write(`${bench.name} failed: ${String(error)}\n`)
      process.exitCode = 1
    }
  }
  const text = markdown(origin, results)
  process.stdout.write(text)
  mkdirSync(`${root}.reports`, { recursive: true })
  const tables = results.map(({ bench, rows, goals }) => ({ bench: bench.name, rows, goals }))
  writeFileSync(
    `${root}.reports/benches.json`,
    JSON.stringify({ origin, benches: tables }, null, 2),
  )
  if (options.record) record(`${root}benches/README.md`, text)
}

function placesOf({ on, disk }: Options): Place[] {
  const places: Place[] = []
  if (on !== 'disk') places.push(placeAt('/dev/shm', 'RAM disk'))
  if (on !== 'ram') places.push(placeAt(disk, 'disk'))
  return places
}

/** Replaces the figures at the end of a document. */
function record(file: string, text: string): void {
  const heading = '\n## Figures\n'
  const [before = ''] = readFileSync(file, 'utf8').split(heading)
  writeFileSync(file, `${before}${heading}\n${text}`)
}
