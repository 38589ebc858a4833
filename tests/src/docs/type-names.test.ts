import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { repositoryRoot } from './doc-samples.ts'

const shown = {
  'session.getSnapshot()': 'SessionSnapshot',
  'session.getSnapshot().messages': 'readonly Message[]',
  'session.getSnapshot().messages[0]!.parts': 'Part[]',
  'session.getSnapshot().messages[0]!.metadata': 'MessageMetadata',
  'session.getSnapshot().queue': 'readonly QueuedRun[]',
  'session.getSnapshot().pending': 'readonly PendingPrompt[]',
  'session.getSnapshot().usage': 'UsageLedger | undefined',
  'activityView(client).getSnapshot().rows': 'readonly ActivityRow[]',
  "await session.send('Hi')": 'SendResult',
  'await session.history.compact()': 'RunTicket',
  'await client.rpc.sessions.create()': 'Session',
  '(await client.rpc.sessions.list()).sessions': 'Session[]',
  "await client.rpc.history.loadMore({ sessionId: 's' })": 'Page',
  "await client.rpc.messages.send({ sessionId: 's', text: 'Hi' })": 'SendResult',
  'await client.rpc.server.stats()': 'ServerStats',
}

/** The types that the compiler infers, as it writes them into declarations. */
function declaredTypes(expressions: readonly string[]): (string | undefined)[] {
  const folder = mkdtempSync(path.join(import.meta.dirname, '../../.type-names-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const out = path.join(folder, 'out')
  mkdirSync(out)
  const lines = expressions.map((expression, index) => `export const v${index} = ${expression}`)
  writeFileSync(
    path.join(folder, 'sample.ts'),
    `import { activityView, type ChatClient } from '@caughtup/web-client'
declare const client: ChatClient
const session = client.session('s')
${lines.join('\n')}\n`,
  )
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: out,
    rootDir: repositoryRoot,
  }
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../tsconfig.json', compilerOptions, include: ['sample.ts'] }),
  )
  const tsc = path.join(repositoryRoot, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8' })
  expect(stdout).toBe('')
  const declarations = path.join(out, path.relative(repositoryRoot, folder), 'sample.d.ts')
  const text = readFileSync(declarations, 'utf8').replaceAll(/import\("[^"]+"\)\./g, '')
  return expressions.map(
    (_, index) => new RegExp(`const v${index}: ([^;]*);`).exec(text)?.[1] ?? undefined,
  )
}

test('a client’s types show their names instead of zod’s expansions', () => {
  expect(declaredTypes(Object.keys(shown))).toEqual(Object.values(shown))
}, 30_000)
