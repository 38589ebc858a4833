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

test('the samples of docs/durable-streams.md read each other', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-streams-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const server = run('server.ts', [], { PORT: '0', CHAT_DB: path.join(folder, 'chat.db') })
  const url = await printed(server, /Listening on (\S+)/)
  const call = async (procedure: string, input: object): Promise<{ json: { id: string } }> => {
    const body = JSON.stringify({ json: input })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}/rpc/${procedure}`, { method: 'POST', headers, body })
    return JSON.parse(await answer.text())
  }
  const { id: sessionId } = (await call('sessions/create', {})).json
  await call('messages/send', { sessionId, text: 'Before the window' })
  const reader = run('read.ts', [url, sessionId])
  const read = printed(reader, /text: '(.* anybody\.)'/)
  // Whether its window has an answer or not, it goes on with the next one.
  await call('messages/send', { sessionId, text: 'After it, or not' })
  const again = setInterval(() => void call('messages/send', { sessionId, text: 'Again' }), 500)
  onTestFinished(() => clearInterval(again))
  expect(await read).toBe('Read by anybody.')
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
