import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { once } from 'node:events'

import type { AgentContext } from '@caughtup/server'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import {
  createChatClient,
  type Link,
  type SessionSnapshot,
  type SessionView,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

/** Metadata of the messages that each prompt's agent got. */
type Heard = Record<string, unknown[]>

/** Answers `hold` until it is stopped, and any other prompt at once, with metadata of its own. */
function agentThat(heard: Heard) {
  return async function* ({ prompt, messages, signal }: AgentContext) {
    heard[prompt.id] = messages.map(({ metadata }) => metadata.custom)
    const { from } = prompt.metadata.custom ?? {}
    yield { type: 'message-metadata', messageMetadata: { to: from, cost: 1 } } as const
    yield { type: 'text-delta', text: 'Answer' } as const
    if (prompt.id === 'hold') await once(signal, 'abort')
    yield { type: 'message-metadata', messageMetadata: { cost: 2 } } as const
  }
}

async function openServer(folder: string, heard: Heard) {
  const store = await createStore({ storage: sqlite({ path: path.join(folder, 'chat.db') }) })
  const agent = agentThat(heard)
  const chat = createChatServer({ store, agent, principal: () => ({ id: 'ann' }), drain: 0 })
  const serving = await serve(chat)
  const close = async () => {
    await serving.close()
    await chat.close()
    await store.close()
  }
  onTestFinished(close)
  const open = (link: (url: string) => Link, sessionId: string): SessionView => {
    const client = createChatClient({
      link: link(`${serving.url}/rpc`),
      schedule: (callback) => {
        queueMicrotask(callback)
        return () => {}
      },
    })
    const view = client.session(sessionId)
    view.subscribe(() => {})
    onTestFinished(() => client.close())
    return view
  }
  return { store, open, close }
}

const customs = ({ messages }: SessionSnapshot) => messages.map(({ metadata }) => metadata.custom)

test.each<[string, (url: string) => Link]>([
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
])(
  'over %s, metadata of the host come with a prompt that waited over a restart, and with its answer',
  async (_, link) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-metadata-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const heard: Heard = {}
    const first = await openServer(folder, heard)
    const { id: sessionId } = await first.store.sessions.create({ owner: 'ann' })
    const here = first.open(link, sessionId)
    await here.send({ text: 'Hi', messageId: 'hold', custom: { from: 'phone' } })
    const open = [{ from: 'phone' }, { to: 'phone', cost: 1 }]
    await expect.poll(() => customs(here.getSnapshot())).toEqual(open)
    await here.send({ text: 'And then?', messageId: 'next', custom: { from: 'desk', tags: ['a'] } })
    await expect
      .poll(() => here.getSnapshot().queue)
      .toMatchObject([{ messageId: 'next', custom: { from: 'desk', tags: ['a'] } }])
    await first.close()

    const second = await openServer(folder, heard)
    const there = second.open(link, sessionId)
    const all = [...open, { from: 'desk', tags: ['a'] }, { to: 'desk', cost: 2 }]
    await expect
      .poll(() => there.getSnapshot().messages.map(({ status }) => status))
      .toEqual(['done', 'done', 'done', 'done'])
    expect(customs(there.getSnapshot())).toEqual(all)
    expect(heard['next']).toEqual(all.slice(0, 3))
    // A reload: a client that knows nothing gets the messages as they are stored.
    const reloaded = second.open(link, sessionId)
    await expect.poll(() => customs(reloaded.getSnapshot())).toEqual(all)
  },
)
