import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { expect, onTestFinished, test } from 'vitest'

import { openTestServer, testDatabase } from './support/open-test-server.ts'

test('a call whose process is killed in it is made by another one on the same file', async () => {
  const file = testDatabase()
  const script = fileURLToPath(new URL('support/hook-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [id] = (await once(createInterface(child.stdout), 'line')) as [string]
  child.kill('SIGKILL')
  await once(child, 'exit')
  const ended: string[] = []
  const { store, errors } = await openTestServer({
    file,
    lease: 200,
    hooks: { runEnded: (event) => void ended.push(event.id) },
  })
  await expect.poll(() => ended, { timeout: 10_000 }).toEqual([id])
  await expect.poll(() => store.hooks.list(9)).toEqual([])
  expect(errors).toEqual([])
})
