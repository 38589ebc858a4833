import { encodeCursor } from '@caughtup/schema'
import { type Agent, createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import type { Store } from '@caughtup/store'

import type { SideServer } from '../processes/side-process.ts'
import type { Subscription } from '../processes/subscription.ts'
import { type WriteOrder, writeTokens, type Written } from '../processes/write-tokens.ts'

interface Answer extends WriteOrder {
  written: (result: Written) => void
}

/** So that the benches' one principal may do all. */
export const limits = {
  streamsPerPrincipal: 100_000,
  createsPerMinute: 1_000,
  sendsPerMinute: 1_000,
}

/** Our server on a store, with an agent that writes what it is told to. */
export async function serveStore(store: Store): Promise<SideServer> {
  /** What to write to a session whose prompt was sent. */
  const answers = new Map<string, Answer>()
  const agent: Agent = async function* ({ sessionId }) {
    const answer = answers.get(sessionId)
    if (!answer) throw new Error(`Session ${sessionId} has no answer to write`)
    yield { type: 'text-start', id: 'text' }
    const tokens = writeTokens(answer)
    let next = await tokens.next()
    for (; !next.done; next = await tokens.next()) {
      yield { type: 'text-delta', id: 'text', text: next.value }
    }
    answer.written(next.value)
    yield { type: 'text-end', id: 'text' }
    yield { type: 'finish', finishReason: 'stop', totalUsage: {} }
  }
  const chat = createChatServer({ store, agent, principal: () => ({ id: 'bench' }) })
  const serving = await serve(chat)

  const call = async (procedure: string, input: object): Promise<unknown> => {
    const response = await chat.fetch(
      new Request(`${serving.url}/rpc/${procedure}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ json: input }),
      }),
    )
    if (!response.ok) throw new Error(await response.text())
    return response.json()
  }
  const join = async (sessionId: string, transport: Subscription['transport']) => {
    const { cursor } = await store.head(sessionId)
    const input = { sessionId, mode: { type: 'since', cursor: encodeCursor(cursor) } }
    return {
      port: serving.port,
      text: { before: '"text":"', after: '"' },
      ready: '"caught-up"',
      ...subscribe(transport, { json: input }),
    }
  }
  return {
    async open(transport) {
      const { id } = await store.sessions.create({ owner: 'bench' })
      return { session: id, subscription: await join(id, transport) }
    },
    join: (session) => join(session, 'http'),
    async write(session, order) {
      const { promise, resolve } = Promise.withResolvers<Written>()
      answers.set(session, { ...order, written: resolve })
      await call('messages/send', { sessionId: session, text: 'Go on.' })
      return promise
    },
    async close() {
      await serving.close()
      await store.close()
    },
  }
}

function subscribe(
  transport: Subscription['transport'],
  body: object,
): Pick<Subscription, 'transport' | 'path' | 'request'> {
  if (transport === 'http') return { transport, path: '/rpc/onChat', request: JSON.stringify(body) }
  const message = { i: '1', p: { u: '/onChat', b: body } }
  return { transport, path: '/rpc/ws', request: JSON.stringify(message) }
}
