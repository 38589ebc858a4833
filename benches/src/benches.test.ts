import { tmpdir } from 'node:os'

import { describe, expect, it } from 'vitest'

import { benches } from './benches.ts'
import { parseOptions } from './options.ts'
import { runBench } from './run-bench.ts'

// The benches read the bytes written from /proc, which only Linux has.
describe.skipIf(process.platform !== 'linux')('pnpm bench --quick', () => {
  const profile = parseOptions(['--quick'])

  for (const bench of benches) {
    it(`reports every figure of ${bench.name}`, async () => {
      const { rows } = await runBench(bench, profile, [{ name: 'disk', folder: tmpdir() }])

      expect(rows.length).toBeGreaterThan(0)
      const missing = rows.flatMap((row) =>
        bench.columns.filter(({ key }) => !isFigure(row[key])).map(({ key }) => ({ key, row })),
      )
      expect(missing).toEqual([])
    })
  }
})

function isFigure(value: string | number | null | undefined): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : !!value
}
