import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { testDatabase } from '../../tests/support/open-test-store.ts'

const run = promisify(execFile)
const script = new URL('../../tests/support/answer-messages.ts', import.meta.url).pathname

test('10,000 finished messages leave nothing in memory: the heap is flat', async () => {
  const { stdout } = await run(process.execPath, ['--expose-gc', script, testDatabase(), '10000'])
  const [early = 0, late = 0] = stdout.trim().split('\n').map(Number)
  expect(early).toBeGreaterThan(0)
  // Each of the 8,000 messages in between leaves less than 128 bytes.
  expect(late - early).toBeLessThan(1024 * 1024)
}, 120_000)
