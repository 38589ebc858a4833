import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { isMissing } from './commands.ts'

const here = import.meta.dirname
const text = readFileSync(path.join(here, '../../docs/openapi.md'), 'utf8')
const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code = '']) => ({
  language,
  code,
}))

// In this folder, so that the sample resolves the packed packages.
const folder = mkdtempSync(path.join(here, '.sample-'))
let server: ChildProcess
let url = ''

beforeAll(async () => {
  const sample = blocks.find(({ language }) => language === 'ts')?.code ?? ''
  writeFileSync(path.join(folder, 'server.ts'), sample.replace('port: 4000', 'port: 0'))
  const started = spawn(process.execPath, ['server.ts'], { cwd: folder })
  server = started
  started.stderr.pipe(process.stderr)
  for await (const line of createInterface(started.stdout)) {
    url = /^Listening on (\S+)$/.exec(line)?.[1] ?? ''
    if (url !== '') break
  }
  expect(url).not.toBe('')
})
afterAll(async () => {
  server.kill()
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  rmSync(folder, { recursive: true, force: true })
})

/** Until no session has a run. */
async function quiet(): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ada' }
  await expect
    .poll(async () => {
      const answered = await fetch(`${url}/api/activity/list`, { method: 'POST', headers })
      const { rows } = (await answered.json()) as { rows: { streaming: boolean }[] }
      return rows.some(({ streaming }) => streaming)
    })
    .toBe(false)
}

/** Without what differs from run to run. */
function alike(output: string): string {
  return output
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\b\d{13}\b/g, '<time>')
    .replaceAll(/ +$/gm, '')
    .trimEnd()
}

test.skipIf(isMissing('curl'))('the commands of docs/openapi.md print what it says', async () => {
  const outputs: string[] = []
  for (const [index, { language, code }] of blocks.entries()) {
    if (language !== 'sh') continue
    const command = code.replaceAll('http://localhost:4000', url)
    const { stdout, stderr } = spawnSync('bash', ['-c', command], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect({ code, stderr }).toEqual({ code, stderr: '' })
    const next = blocks[index + 1]
    if (next?.language === 'json' || next?.language === 'text') {
      expect(alike(stdout)).toBe(alike(next.code))
    }
    outputs.push(stdout)
    await quiet()
  }
  expect(outputs).toHaveLength(6)
  const { openapi, info } = JSON.parse(readFileSync(path.join(folder, 'openapi.json'), 'utf8')) as {
    openapi: string
    info: object
  }
  expect([openapi, info]).toEqual(['3.1.1', { title: 'Our chat', version: '1.0' }])
  const types = [...(outputs[3] ?? '').matchAll(/^data: \{"type":"([\w-]+)"/gm)]
  expect(types.map(([, type]) => type)).toEqual(['replay', 'messages', 'caught-up'])
  expect(outputs[3]).toContain('This is message 2.')
})

test.skipIf(isMissing('python3'))('its Python follows an answer to its end', () => {
  const code = blocks.find(({ language }) => language === 'python')?.code ?? ''
  const { stdout, stderr } = spawnSync(
    'python3',
    ['-B', '-c', code.replaceAll('http://localhost:4000', url)],
    { cwd: folder, encoding: 'utf8', timeout: 30_000, env: { ...process.env, PYTHONPATH: here } },
  )
  expect(stderr).toBe('')
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(['replay', 'caught-up', 'events', '']))
})
