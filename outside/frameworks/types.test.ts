import { spawnSync } from 'node:child_process'
import path from 'node:path'

import { expect, test } from 'vitest'

test('the bindings compile with the types of the frameworks, with all declarations checked', () => {
  const tsc = path.join(import.meta.dirname, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(tsc, ['-p', import.meta.dirname], { encoding: 'utf8' })
  expect(stdout).toBe('')
}, 60_000)
