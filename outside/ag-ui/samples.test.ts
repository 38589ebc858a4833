import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

test('what is here compiles', { timeout: 120_000 }, () => {
  const tsc = path.join(import.meta.dirname, 'node_modules/.bin/tsc')
  const { status, stdout } = spawnSync(tsc, ['-p', import.meta.dirname], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})

test('the samples of docs/ag-ui.md talk to each other', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-ag-ui-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const started = async (sample: string, env = {}) => {
    const database = path.join(folder, `${sample}.db`)
    return printed(run(sample, [], { PORT: '0', CHAT_DB: database, ...env }), /Listening on (\S+)/)
  }
  const server = await started('server.ts')
  const remote = await started('remote.ts', { AGENT_URL: `${server}/ag-ui` })
  for (const [url, said] of [
    [server, 'Your page has ["time"].'],
    [remote, 'Your page has [].'],
  ] as const) {
    const page = run('page.ts', [url])
    const [answer, roles] = [printed(page, /(Your page .*)/), printed(page, /(\[ 'user'.*)/)]
    expect([await answer, await roles]).toEqual([said, "[ 'user', 'assistant' ]"])
  }
})

function run(sample: string, args: string[], env = {}): ChildProcess {
  const file = path.join(import.meta.dirname, 'samples', sample)
  const child = spawn(process.execPath, [file, ...args], { env: { ...process.env, ...env } })
  onTestFinished(() => void child.kill())
  return child
}

/** Waits for a line, and returns what the pattern captures. */
function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const look = (chunk: Buffer) => {
      output += chunk.toString()
      const found = pattern.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.once('exit', (code) => reject(new Error(`It ended with ${code}: ${output}`)))
  })
}
