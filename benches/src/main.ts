import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { benches } from './benches.ts'
import { type Options, parseOptions, usage } from './options.ts'
import { renderChart } from './report/chart/render-chart.ts'
import { originOf } from './report/origin.ts'
import { readResult, writeResult } from './report/results.ts'
import { resultsPage } from './report/results-page.ts'
import { summarise } from './report/summary.ts'
import { runBench } from './run-bench.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pageFolder = `${root}benches/`
const resultsFolder = `${pageFolder}results`
const chartsFolder = `${pageFolder}charts`

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
  if (options.page) return writePage()
  const progress = (line: string) => process.stderr.write(`${line}\n`)
  for (const bench of benches) {
    if (options.names.length > 0 && !options.names.includes(bench.name)) continue
    try {
      const origin = originOf(root, options.on)
      const rounds = await runBench(bench, options, progress)
      // The figures of a smoke run mean nothing.
      if (!options.smoke) writeResult(resultsFolder, bench, { origin, rounds })
    } catch (error) {
      // The other benches' figures remain valid.
      progress(`${bench.name} failed: ${String(error)}`)
      process.exitCode = 1
    }
  }
  if (!options.smoke) writePage()
}

/** RESULTS.md and the charts, from the results of each bench's last run. */
function writePage(): void {
  const sections = benches.map((bench) => ({ bench, result: readResult(resultsFolder, bench) }))
  writeFileSync(`${pageFolder}RESULTS.md`, resultsPage(sections))
  mkdirSync(chartsFolder, { recursive: true })
  for (const { bench, result } of sections) {
    if (!result) continue
    for (const chart of bench.charts ?? []) {
      const picture = renderChart(chart, bench.columns, summarise(result.rounds))
      writeFileSync(`${chartsFolder}/${chart.name}.svg`, picture)
    }
  }
}
