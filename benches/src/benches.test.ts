import { tmpdir } from 'node:os'

import { skipBrowserTests } from '@caughtup/tests/browser'
import { describe, expect, it } from 'vitest'

import { benches } from './benches.ts'
import { parseOptions } from './options.ts'
import { renderChart } from './report/chart/render-chart.ts'
import { resultsPage } from './report/results-page.ts'
import { summarise } from './report/summary.ts'
import { runBench } from './run-bench.ts'

// The benches read the bytes written from /proc, which only Linux has.
describe.skipIf(process.platform !== 'linux')('pnpm bench --smoke', () => {
  const options = parseOptions(['--smoke', '--on', tmpdir()])

  for (const bench of benches) {
    it.skipIf(bench.inBrowser && skipBrowserTests())(
      `reports and draws every figure of ${bench.name}`,
      async () => {
        const rounds = await runBench(bench, options)

        const rows = rounds.flat()
        expect(rows.length).toBeGreaterThan(0)
        const missing = rows.flatMap((row) =>
          bench.columns.filter(({ key }) => !isFigure(row[key])).map(({ key }) => ({ key, row })),
        )
        expect(missing).toEqual([])
        const origin = { at: '', commit: '', node: '', machine: '', load: 0 }
        const result = { origin: { ...origin, medium: 'disk' as const }, rounds }
        const charts = (bench.charts ?? []).map((chart) =>
          renderChart(chart, bench.columns, summarise(rounds)),
        )
        for (const written of [resultsPage([{ bench, result }]), ...charts]) {
          expect(written).not.toMatch(/NaN|undefined|Infinity/)
        }
      },
    )
  }
})

function isFigure(value: string | number | null | undefined): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : !!value
}
