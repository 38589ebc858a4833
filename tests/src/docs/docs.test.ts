import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { postgresSchema } from '@caughtup/local-services/postgres'
import type { ChatServer } from '@caughtup/server'
import { createTestClient } from '@caughtup/server/testing'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { sqlite } from '@caughtup/store/sqlite'
import { auto, createChatClient } from '@caughtup/web-client'
import { createElement, type FunctionComponent } from 'react'
import { renderToString } from 'react-dom/server'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

import { howTos, repositoryRoot, type Sample, samplesIn, sampleUnder } from './doc-samples.ts'
import { freePort, printed, runSample } from './run-sample.ts'

// Inside this package, so that the samples resolve the workspace's packages as a user's code does.
const folder = path.resolve(import.meta.dirname, '../../.samples')
const quickStart = samplesIn('README.md')
const [backend, frontend, component] = quickStart
const ofStore = samplesIn('packages/store/README.md')
const storeAlone = sampleUnder(ofStore, '@caughtup/store')
const streaming = sampleUnder(ofStore, 'Streaming an answer')
const indexing = sampleUnder(ofStore, 'Code beside the store')
const copying = sampleUnder(ofStore, 'Another database')
const engine = sampleUnder(ofStore, 'An engine of your own')
const imported = sampleUnder(ofStore, 'Imported transcripts')
const ofTranscripts = samplesIn('packages/transcripts/README.md')
const readers = sampleUnder(ofTranscripts, '@caughtup/transcripts')
const ofClient = samplesIn('packages/web-client/README.md')
const errors = sampleUnder(ofClient, 'Errors')
const uploading = sampleUnder(ofClient, 'Files')
const ofServer = samplesIn('packages/server/README.md')
const merging = sampleUnder(ofServer, 'Another system that writes into the conversation')
const stopping = sampleUnder(ofServer, 'Starting and stopping')
const attaching = sampleUnder(samplesIn('docs/attachments.md'), 'The server')
const testing = sampleUnder(ofServer, 'Testing an application')
const ofComponents = samplesIn('packages/react-ui/README.md')
const ofAuthentication = samplesIn('docs/authentication.md')
const authenticating = sampleUnder(ofAuthentication, 'Who calls')
const ofOperating = samplesIn('docs/operating.md')
const oneOfMany = sampleUnder(ofOperating, 'Running several processes')
const samples = [
  ...quickStart,
  ...ofAuthentication,
  // `agent-samples.test.ts` runs it.
  ...samplesIn('docs/from-use-chat.md'),
  // outside/openapi runs it, and the commands beside it.
  ...samplesIn('docs/openapi.md'),
  ...ofOperating,
  // how-to.test.ts and how-to-data.test.ts run them.
  ...howTos.flatMap(samplesIn),
  ...ofStore,
  ...ofTranscripts,
  ...ofClient,
  ...ofServer,
  ...ofComponents,
]

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  samples.forEach(({ language, code }, index) => {
    writeFileSync(path.join(folder, `sample-${index}.${language}`), code)
  })
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../tsconfig.json', include: ['*.ts', '*.tsx'] }),
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the README has a sample for a backend, a frontend and React, of at most twenty lines', () => {
  expect(quickStart.map(({ language }) => language)).toEqual(['ts', 'ts', 'tsx'])
  for (const { code } of quickStart) expect(code.trim().split('\n').length).toBeLessThanOrEqual(20)
})

test('every sample compiles under the strictest settings', () => {
  const tsc = path.join(repositoryRoot, 'node_modules/.bin/tsc')
  const { status, stdout } = spawnSync(tsc, ['--noEmit', '-p', folder], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})

test('the backend and the frontend talk to each other', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'caughtup-readme-'))
  const server = run(backend, { 'port: 4000': 'port: 0', "'chat.db'": `'${data}/chat.db'` })
  const url = await printed(server, /Listening on (\S+)/)
  const client = run(frontend, { 'http://localhost:4000/rpc': `${new URL('/rpc', url).href}` })
  try {
    expect(await printed(client, /done: (.*)/)).toBe('This is message 2.')
  } finally {
    client.kill()
    server.kill()
    rmSync(data, { recursive: true, force: true })
  }
})

test('an error of a call is reported as the client’s README says', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'caughtup-readme-'))
  const server = run(backend, { 'port: 4000': 'port: 0', "'chat.db'": `'${data}/chat.db'` })
  const url = await printed(server, /Listening on (\S+)/)
  const client = run(errors, { 'http://127.0.0.1:4000/rpc': new URL('/rpc', url).href })
  try {
    expect(await printed(client, /^(\S+ for .*) \{/m)).toBe('NOT_FOUND for good')
  } finally {
    client.kill()
    server.kill()
    rmSync(data, { recursive: true, force: true })
  }
})

test('a file is uploaded as docs/attachments.md and the client’s README say', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'caughtup-readme-'))
  const server = run(attaching, {
    'port: 4000': 'port: 0',
    "'chat.db'": `'${data}/chat.db'`,
    "'attachments'": `'${data}/attachments'`,
  })
  const url = await printed(server, /Listening on (\S+)/)
  const client = run(uploading, { 'http://127.0.0.1:4000/rpc': new URL('/rpc', url).href })
  try {
    expect(await printed(client, /^(Sent .*)$/m)).toBe(
      'Sent report.pdf of 12 bytes as application/pdf',
    )
  } finally {
    client.kill()
    server.kill()
    rmSync(data, { recursive: true, force: true })
  }
})

test('processes of docs/operating.md answer for each other, and end after SIGTERM', async () => {
  const { url, schema, remove } = await postgresSchema()
  onTestFinished(remove)
  const start = async () => {
    const server = run(oneOfMany, {
      "process.env['DATABASE_URL'] ?? 'postgres://localhost/chat'": JSON.stringify(url),
      'postgres({ url })': `postgres({ url, schema: '${schema}' })`,
      "process.env['PORT'] ?? 4000": '0',
    })
    onTestFinished(() => void server.kill('SIGKILL'))
    const link = auto({ url: `${await printed(server, /Listening on (\S+)/)}/rpc` })
    const client = createChatClient({ link })
    onTestFinished(() => client.close())
    return { server, client }
  }
  const [one, other] = [await start(), await start()]
  const { id } = await one.client.rpc.sessions.create({})
  const session = other.client.session(id)
  onTestFinished(session.subscribe(() => {}))
  await one.client.rpc.messages.send({ sessionId: id, text: 'Who answers?' })
  const newest = () => {
    const [part] = session.getSnapshot().messages.at(-1)?.parts ?? []
    return part?.type === 'text' ? part.text : ''
  }
  await expect.poll(newest).toBe('One database, any process.')
  const exit = once(one.server, 'exit')
  one.server.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
})

test('docs/authentication.md takes a token that is signed and fresh, in a header or in the query', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'caughtup-readme-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const server = run(authenticating, {
    'port: 4000': 'port: 0',
    "'chat.db'": `'${data}/chat.db'`,
    'console.log(': "console.log(tokenOf('ada', Date.now() + 60_000), tokenOf('ada', 1), ",
  })
  onTestFinished(() => void server.kill())
  const [good = '', expired = '', url = ''] = (
    await printed(server, /^(\S+ \S+ Listening on \S+)$/m)
  ).split(/ (?:Listening on )?/)
  const ask = async (token: string, query = '') => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const body = JSON.stringify({ json: {} })
    return (await fetch(`${url}/rpc/sessions/list${query}`, { method: 'POST', headers, body }))
      .status
  }
  expect(await ask(good)).toBe(200)
  expect(await ask('', `?token=${good}`)).toBe(200)
  expect(await ask('')).toBe(401)
  expect(await ask(expired)).toBe(401)
  expect(await ask(good.replace('ada', 'eve'))).toBe(401)
})

test('a server of your own ends by itself after SIGTERM', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'caughtup-readme-'))
  const port = await freePort()
  const server = run(stopping, { "'chat.db'": `'${data}/chat.db'`, '4000': `${port}` })
  const exit = once(server, 'exit')
  try {
    await printed(server, /(Listening)/)
    const url = `http://127.0.0.1:${port}`
    expect(await (await fetch(url)).text()).toBe('A page of the application')
    expect(await (await fetch(`${url}/rpc/health`)).json()).toEqual({ status: 'ok' })
    server.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  } finally {
    server.kill('SIGKILL')
    rmSync(data, { recursive: true, force: true })
  }
})

test('the server’s README shows how to test an application', async () => {
  expect(await printed(run(testing, {}), /^(?:#|ℹ) pass (\d+)$/m)).toBe('1')
})

test.each([
  ['hosts', 'hosts/{recipes/*.{ts,conf},next/app/{chat-server.ts,**/route.ts,chat/**/*.tsx}}'],
  ['types', 'types/{chat-schemas.ts,backend.ts,page.tsx}'],
  ['frameworks', 'frameworks/{assistant-ui/chat.tsx,tanstack-query/queries.ts}'],
  ['start-react', 'frameworks/{start/server.ts,react/*}'],
  [
    'start-vue',
    'frameworks/{start/server.ts,vue/{vite.config.ts,index.html,main.ts,Chat.vue,MessageRow.vue}}',
  ],
  [
    'start-svelte',
    'frameworks/{start/server.ts,svelte/{vite.config.ts,index.html,main.ts,Chat.svelte,MessageRow.svelte}}',
  ],
  [
    'start-solid',
    'frameworks/{start/server.ts,solid/{vite.config.ts,index.html,main.tsx,chat.tsx}}',
  ],
  ['start-next', 'hosts/next-start/{chat.ts,app/**/*.{ts,tsx}}'],
  [
    'start-page',
    'frameworks/{start/server.ts,dom/{vite.config.ts,index.html,main.ts,show-chat.ts}}',
  ],
  ['durable-streams', 'durable-streams/samples/*.ts'],
  ['ag-ui', 'ag-ui/samples/*.ts'],
])('docs/%s.md shows the files that `pnpm outside` compiles and runs', (name, pattern) => {
  const text = readFileSync(path.join(repositoryRoot, `docs/${name}.md`), 'utf8')
  const sample =
    /^\[[^\n]+\]\(\.\.\/([^)\n]+)\)\n\n```(?:tsx?|vue|svelte|html|json|nginx)\n(.*?)^```$/gms
  const shown = [...text.matchAll(sample)]
  const files = globSync(`outside/${pattern}`, { cwd: repositoryRoot })
  expect(new Set(shown.map(([, file]) => file))).toEqual(new Set(files))
  for (const [, file = '', code] of shown) {
    expect(code).toBe(readFileSync(path.join(repositoryRoot, file), 'utf8'))
  }
})

test('no other document has samples', () => {
  const files = globSync(['*.md', '{docs,benches}/*.md', '{packages,apps}/*/*.md'], {
    cwd: repositoryRoot,
  })
  const withSamples = files.filter((file) => samplesIn(file).length > 0).sort()
  const expected = [
    ...howTos,
    'README.md',
    'docs/ag-ui.md',
    'docs/authentication.md',
    'docs/durable-streams.md',
    'docs/frameworks.md',
    'docs/from-use-chat.md',
    'docs/hosts.md',
    'docs/openapi.md',
    'docs/operating.md',
    'docs/start-next.md',
    'docs/start-page.md',
    'docs/start-react.md',
    'docs/start-solid.md',
    'docs/start-svelte.md',
    'docs/start-vue.md',
    'docs/types.md',
    'packages/react-ui/README.md',
    'packages/server/README.md',
    'packages/store/README.md',
    'packages/transcripts/README.md',
    'packages/web-client/README.md',
  ]
  expect(withSamples).toEqual(expected.sort())
  expect(streaming.code.trim().split('\n').length).toBeLessThanOrEqual(20)
})

test.each([
  ['the store works by itself', storeAlone, /(.* events, up to .*)/, '3 events, up to 3'],
  ['a writer streams an answer', streaming, /"text":"(.*?)"/, 'Nothing lost, nothing twice.'],
  ['an imported session is old and read', imported, /^(\d+)$/m, '0'],
  ['a transcript is read', readers, /^(anthropic: .*)$/m, 'anthropic: 2 parts'],
] as const)('%s', async (_, sample, pattern, expected) => {
  const data = mkdtempSync(path.join(tmpdir(), 'caughtup-readme-'))
  try {
    const inFolder = { "'chat.db'": `'${data}/chat.db'` }
    const program = run(sample, sample.code.includes('chat.db') ? inFolder : {})
    expect(await printed(program, pattern)).toBe(expected)
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
})

test('a search index is kept from store.updates as the README says', async () => {
  const file = path.join(folder, `sample-${samples.findIndex((other) => other === indexing)}.ts`)
  const module: unknown = await import(/* @vite-ignore */ file)
  const { index } = module as { index: (store: Store, engine: object) => Promise<void> }
  const found = new Map<string, { order: number; text: string }>()
  const store = await createStore({ storage: memory() })
  const over = index(store, {
    put: (key: string, order: number, text: string) => found.set(key, { order, text }),
    remove: (key: string) => found.delete(key),
    removeAfter(prefix: string, above: number) {
      for (const [key, { order }] of found) {
        if (key.startsWith(prefix) && order > above) found.delete(key)
      }
    },
  })
  const row = (id: string) => ({
    id,
    role: 'user' as const,
    parts: [{ type: 'text' as const, text: id }],
  })
  const [one, two] = [
    await store.sessions.create({ owner: 'a' }),
    await store.sessions.create({ owner: 'a' }),
  ]
  await store.reconcile(one.id, ['first', 'second', 'third', 'fourth'].map(row))
  await store.reconcile(two.id, [row('gone')])
  await store.history.fork(one.id, { from: 'second', owner: 'a', title: 'fork' })
  await store.history.delete(one.id, 'first')
  await store.history.erase(one.id, ['second'])
  await store.history.truncate(one.id, { after: 'third' })
  await store.sessions.delete(two.id)
  await store.close()
  await over
  expect(Array.from(found.values(), ({ text }) => text)).toEqual(['third', 'first', 'second'])
})

test('a transcript file of another system is merged as the server’s README says', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'caughtup-readme-'))
  const file = path.join(folder, 'run-merging.ts')
  const code = merging?.code.replace("'chat.db'", `'${data}/chat.db'`) ?? ''
  writeFileSync(file, code.replace('transcripts/', `${data}/`))
  const module: unknown = await import(/* @vite-ignore */ file)
  const { chat, store } = module as { chat: ChatServer; store: Store }
  try {
    const client = createTestClient(chat)
    const { id: sessionId } = await client.sessions.create({ title: 'Test' })
    expect(await client.history.loadMore({ sessionId })).toMatchObject({ messages: [] })
    const lines = ['one', 'two'].map((content) => JSON.stringify({ role: 'user', content }))
    writeFileSync(path.join(data, `${sessionId}.jsonl`), lines.join('\n'))
    const page = await client.history.loadMore({ sessionId })
    expect(page.messages.flatMap(({ parts }) => parts)).toMatchObject([
      { text: 'one' },
      { text: 'two' },
    ])
    expect(page).not.toHaveProperty('unmerged')
  } finally {
    await chat.close()
    await store.close()
    rmSync(data, { recursive: true, force: true })
  }
})

test('a database is copied to PostgreSQL as the README says', async () => {
  const { url, schema, remove } = await postgresSchema()
  onTestFinished(remove)
  const file = path.join(folder, 'copied.db')
  const store = await createStore({ storage: sqlite({ path: file }) })
  await store.sessions.create({ owner: 'me' })
  await store.close()
  const copy = run(copying, {
    'chat.db': file,
    "{ url: 'postgres://chat@localhost/chat' }": JSON.stringify({ url, schema }),
  })
  expect(await printed(copy, /(.*) sessions copied/)).toBe('1')
})

test('the conformance kit runs as the README says', async () => {
  const tests = run(engine, {})
  expect(Number(await printed(tests, /^(?:#|ℹ) pass (\d+)$/m))).toBeGreaterThan(150)
}, 120_000)

test('the React component renders', async () => {
  const module: unknown = await import(/* @vite-ignore */ path.join(folder, 'sample-2.tsx'))
  const { Transcript } = module as { Transcript: FunctionComponent<Record<string, unknown>> }
  expect(component?.code).toContain('useSession')
  const client = createChatClient({ link: auto({ url: '/rpc' }) })
  expect(renderToString(createElement(Transcript, { client, id: 'a' }))).toBe('<main></main>')
  client.close()
})

test.each([
  ['Reading', 'role="status"'],
  ['Writing', '<textarea'],
  ['Waiting', ''],
  ['Listing', '<p data-kind="loading">Loading…</p>'],
  ['Telling', '<output aria-live="polite"'],
  ['Answering', '<article></article>'],
])('the sample %s of the components renders', async (name, expected) => {
  const index = samples.findIndex(({ code }) => code.includes(`export function ${name}(`))
  const file = path.join(folder, `sample-${index}.tsx`)
  const module: unknown = await import(/* @vite-ignore */ file)
  const sample = (module as Record<string, FunctionComponent<Record<string, unknown>>>)[name]!
  const client = createChatClient({ link: auto({ url: '/rpc' }) })
  const props = { client, session: client.session('a') }
  expect(renderToString(createElement(sample, props))).toContain(expected)
  client.close()
})

const run = (sample: Sample | undefined, replacements: Record<string, string>) =>
  runSample(folder, sample!, replacements)
