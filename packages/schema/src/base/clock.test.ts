import { spawnSync } from 'node:child_process'
import path from 'node:path'

import { expect, test } from 'vitest'

test('an awaited timer keeps the process alive', () => {
  const clock = path.join(import.meta.dirname, 'clock.ts')
  const code = `
    import { sleep, systemClock } from ${JSON.stringify(clock)}
    await sleep(systemClock, 20)
    console.log('waited')`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
  })
  expect({ stdout, status }).toEqual({ stdout: 'waited\n', status: 0 })
})
