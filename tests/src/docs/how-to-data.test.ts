// The how-to pages about databases and transcripts: their samples and their commands, one after the other.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'

import { postgresSchema } from '@caughtup/local-services/postgres'
import type { Store } from '@caughtup/store'
import { messageText } from '@caughtup/web-client'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'

import { repositoryRoot, samplesIn, sampleUnder } from './doc-samples.ts'
import { replaced } from './run-sample.ts'
import { SampleServer } from './sample-server.ts'

// Inside this package, so that the samples resolve the workspace's packages as a user's code does.
const folder = path.resolve(import.meta.dirname, '../../.how-to-data')
const command = path.join(repositoryRoot, 'packages/transcripts/src/bin/run-command.ts')

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('docs/sqlite-to-postgres.md moves a file while a page stays open, and back', async () => {
  const file = 'docs/sqlite-to-postgres.md'
  const [rehearse = '', copy = ''] = commandsIn(file)
  const { url, schema, pool, remove } = await postgresSchema()
  onTestFinished(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS ${schema}_rehearsal CASCADE`)
    await remove()
  })
  const address = { 'postgres://chat@localhost/chat': url }
  const server = await SampleServer.open(folder, 'README.md', 'Embed it')
  const { data } = server
  const execute = (line: string, replacements: Record<string, string>) =>
    caughtup(data, replaced(line, { ...address, ...replacements }))
  const sample = (heading: string, replacements: Record<string, string>) =>
    runHere(replaced(sampleUnder(samplesIn(file), heading).code, replacements))

  const client = server.client()
  const { id } = await client.rpc.sessions.create({})
  const view = client.session(id)
  onTestFinished(view.subscribe(() => {}))
  const texts = () => view.getSnapshot().messages.map((message) => messageText(message))
  await view.send('One')
  await expect.poll(texts).toEqual(['One', 'This is message 2.'])
  await expect.poll(() => view.getSnapshot().streaming).toBe(false)

  const inFolder = { "'chat.db'": `'${data}/chat.db'` }
  const there = { ...address, '{ url': `{ schema: '${schema}', url` }
  const backup = { ...inFolder, 'rehearsal.db': `${data}/rehearsal.db` }
  expect((await sample('Rehearse', backup)).logged).toBe('Backed up')
  const rehearsal = { '--schema rehearsal': `--schema ${schema}_rehearsal` }
  expect(await execute(rehearse, rehearsal)).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('1 session'),
  })
  const real = { '--to': `--schema ${schema} --to` }
  expect(await execute(copy, real)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('open. Stop every server'),
  })
  await server.kill()
  expect(await execute(copy, real)).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('1 session copied, 0 there already'),
  })
  const check = { ...inFolder, ...address, '{ url }': `{ url, schema: '${schema}' }` }
  expect((await sample('Check', check)).logged).toBe('1 sessions are the same, 0 are not.')
  const { store } = (await sample('Start on PostgreSQL', there)).module as { store: Store }
  expect((await store.sessions.list('me')).sessions).toMatchObject([{ id }])
  await store.close()

  await server.start({
    "import { sqlite } from '@caughtup/store/sqlite'":
      "import { postgres } from '@caughtup/store/postgres'",
    "sqlite({ path: 'chat.db' })": `postgres(${JSON.stringify({ url, schema })})`,
  })
  await view.send('Two')
  await expect
    .poll(texts, { timeout: 15_000 })
    .toEqual(['One', 'This is message 2.', 'Two', 'This is message 4.'])
  expect(view.getSnapshot().connection.lastReplay).toMatchObject({ mode: 'since' })

  await server.kill()
  const back = { ...there, 'chat-again.db': `${data}/chat-again.db` }
  expect((await sample('Going back', back)).logged).toBe('1 sessions are back in a file')
}, 60_000)

test('docs/transcripts.md brings conversations in, again without doubles, and out', async () => {
  const file = 'docs/transcripts.md'
  const [first = '', again = '', everything = '', one = ''] = commandsIn(file)
  const data = mkdtempSync(path.join(folder, 'data-'))
  const said = (id: string, role: string, text: string) => ({
    id,
    role,
    parts: [{ type: 'text', text }],
    metadata: { createdAt: 1_700_000_000_000 },
  })
  const old = {
    id: 'old-1',
    user: 'ann',
    title: 'Trains',
    messages: [said('m1', 'user', 'To Rome?'), said('m2', 'assistant', 'At nine.')],
  }
  writeFileSync(path.join(data, 'chats.json'), JSON.stringify([old]))
  const sample = sampleUnder(samplesIn(file), 'From a table of your own')
  const inFolder = { 'chats.json': `${data}/chats.json`, "'chat.db'": `'${data}/chat.db'` }
  for (const count of [2, 0]) {
    const { logged } = await runHere(replaced(sample.code, inFolder))
    expect(logged).toBe(`${count} messages imported`)
  }

  const lines = (...messages: object[]) => messages.map((each) => `${JSON.stringify(each)}\n`)
  const chats = lines({ title: 'Boats', messages: [said('b1', 'user', 'To Oslo?')] })
  writeFileSync(path.join(data, 'chats.jsonl'), chats.join(''))
  const imported = await caughtup(data, first)
  expect(imported).toMatchObject({ status: 0 })
  expect(imported.stdout.trim()).toMatch(/^[\w-]+$/)
  const grown = lines(...old.messages, said('m3', 'user', 'And back?'))
  writeFileSync(path.join(data, 'chat.jsonl'), grown.join(''))
  for (const stderr of [/\b1\b/, /\b0\b/]) {
    expect(await caughtup(data, again.replace('CHAT', 'old-1'))).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(stderr),
    })
  }

  expect(await caughtup(data, everything)).toMatchObject({ status: 0 })
  const exported = readFileSync(path.join(data, 'everything.jsonl'), 'utf8').trim().split('\n')
  const titles = exported.map((line) => JSON.parse(line).title)
  expect(new Set(titles)).toEqual(new Set(['Boats', 'Trains']))
  expect(await caughtup(data, one.replace('CHAT', 'old-1'))).toMatchObject({ status: 0 })
  const openai = readFileSync(path.join(data, 'chat.openai.jsonl'), 'utf8').trim().split('\n')
  expect(openai.map((line) => JSON.parse(line).content)).toEqual([
    'To Rome?',
    'At nine.',
    'And back?',
  ])
})

/** The shell commands of a page, in their order. */
function commandsIn(file: string): string[] {
  const text = readFileSync(path.join(repositoryRoot, file), 'utf8')
  return Array.from(text.matchAll(/^```sh\n(.*?)^```$/gms), ([, command = '']) => command)
}

/** Runs a command of a page on the files of a folder, as \`caughtup\` does. */
async function caughtup(data: string, line: string) {
  const [npx, name, ...words] = line.trim().split(/\s+/)
  expect([npx, name]).toEqual(['npx', 'caughtup'])
  const args = words.map((word) =>
    /^[\w.-]+\.(?:db|jsonl)$/.test(word) ? path.join(data, word) : word,
  )
  const told = { stdout: '', stderr: '' }
  const collect = (to: keyof typeof told) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        told[to] += chunk.toString()
        done()
      },
    })
  const { runCommand } = await import(/* @vite-ignore */ command)
  const streams = { stdin: [], stdout: collect('stdout'), stderr: collect('stderr') }
  const status: unknown = await runCommand(args, streams)
  return { status, ...told }
}

let runs = 0

/** Runs a sample of a page in this process, and returns what it exports and logged. */
async function runHere(code: string) {
  const file = path.join(folder, `run-${(runs += 1)}.ts`)
  writeFileSync(file, code)
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    const module: unknown = await import(/* @vite-ignore */ file)
    return { module, logged: log.mock.calls.join('\n') }
  } finally {
    log.mockRestore()
  }
}
