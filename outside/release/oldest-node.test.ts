import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { type Agent, createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { expect, test } from 'vitest'

const here = import.meta.dirname
const oldestNode = path.join(here, 'oldest-node/node_modules/.bin/node')
const clients = ['schema', 'web-client', 'react-ui']

interface Manifest {
  exports: Record<string, unknown>
  engines: { node: string }
}

function manifestOf(name: string): Manifest {
  const file = path.join(here, 'node_modules/@caughtup', name, 'package.json')
  return JSON.parse(readFileSync(file, 'utf8'))
}

async function runOnOldest(args: string[]) {
  const child = spawn(oldestNode, args, { cwd: here, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await closed
  return { code, stdout, stderr }
}

const agent: Agent = async function* () {
  for (const word of ['Nothing', ' lost', ', nothing', ' twice.'])
    yield { type: 'text-delta', text: word }
}

test('the packages of clients work on the oldest Node that they ask for: every entry, and a session over both links', async () => {
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({ store, agent, principal: () => ({ id: 'ann' }) })
  const serving = await serve(chat, { port: 0 })
  const entries = clients.flatMap((name) =>
    Object.keys(manifestOf(name).exports).map((entry) => path.posix.join('@caughtup', name, entry)),
  )
  try {
    const { code, stdout, stderr } = await runOnOldest([
      'follow-session.mjs',
      `${serving.url}/rpc`,
      ...entries,
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { node, imported, answers } = JSON.parse(stdout)
    for (const name of clients) expect(manifestOf(name).engines.node).toBe(`>=${node.slice(1, -2)}`)
    expect(Object.keys(imported)).toEqual(entries)
    expect(Math.min(...Object.values<number>(imported))).toBeGreaterThan(0)
    expect(answers).toEqual(['Nothing lost, nothing twice.', 'Nothing lost, nothing twice.'])
  } finally {
    await serving.close()
    await store.close()
  }
})
