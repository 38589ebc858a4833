// The server of the soak, for `fork`: sessions on SQLite in the folder that is given, each with an agent
// that writes at its pace. It listens on a port and on a Unix socket.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { encodeCursor } from '@caughtup/schema'
import { type Agent, createChatServer } from '@caughtup/server'
import { attachWebSocket } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

import { answerCalls } from '../subscribers/processes/calls.ts'
import type { Subscription } from '../subscribers/processes/subscription.ts'
import { emptyChain, extendChain, makeToken, sharedNow } from '../subscribers/processes/token.ts'

/** What an agent wrote in all, for its subscribers to compare with what they got. */
export interface Spoken {
  characters: number
  chain: number
  texts: number
  /** How long its answers took, and how long they should have taken, in seconds. */
  took: number
  planned: number
}

export interface SoakUsage {
  heap: number
  rss: number
  /** Connections, and those that leave so much unread that writing has to wait. */
  connections: number
  full: number
  /** What the process holds for connections, in bytes. */
  held: number
}

const [folder = ''] = process.argv.slice(2)
/** A text of an agent: ten tokens, so that unread connections fill up. */
const tokensPerText = 10
/** Seconds of an answer. */
const answerSeconds = 10
/** A context of so many answers is reset: what an agent is given must not grow from run to run. */
const answersOfContext = 2

const spoken = new Map<string, Spoken>()
const store = await createStore({
  storage: sqlite({ path: path.join(folder, 'chats.db') }),
  flush: { windowMs: 0 },
  limits: { streamsPerPrincipal: 100_000, createsPerMinute: 10_000, sendsPerMinute: 10_000 },
})
let perSecond = 0
let endsAt = 0
const said = new Map<string, () => void>()
const agent: Agent = async function* ({ sessionId }) {
  const sum = spoken.get(sessionId)
  if (!sum) throw new Error(`Session ${sessionId} is not one of the soak`)
  yield { type: 'text-start', id: 'text' }
  const startedAt = sharedNow()
  const seconds = Math.min(answerSeconds, (endsAt - startedAt) / 1e6)
  const texts = Math.max(2, Math.floor(seconds * perSecond))
  for (let n = 0; n < texts; n++) {
    const early = n / perSecond - (sharedNow() - startedAt) / 1e6
    if (early > 0) await setTimeout(early * 1000)
    const text = makeToken().repeat(tokensPerText)
    sum.chain = extendChain(sum.chain, Buffer.from(text, 'latin1'), 0, text.length)
    sum.characters += text.length
    sum.texts++
    yield { type: 'text-delta', id: 'text', text }
  }
  sum.took += (sharedNow() - startedAt) / 1e6
  sum.planned += (texts - 1) / perSecond
  yield { type: 'text-end', id: 'text' }
  yield { type: 'finish', finishReason: 'stop', totalUsage: {} }
  said.get(sessionId)?.()
}
const chat = createChatServer({
  store,
  agent,
  principal: () => ({ id: 'soak' }),
  // A WebSocket that answers no ping for three to six heartbeats is cut; a reader may stall for longer.
  heartbeat: 20_000,
})
const sockets = new Set<Socket>()
const socketPath = path.join(folder, 'soak.sock')
const [onPort, onPath] = [createServer(chat.nodeHandler), createServer(chat.nodeHandler)]
for (const server of [onPort, onPath]) {
  attachWebSocket(chat, server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
}
onPort.listen(0, '127.0.0.1')
onPath.listen(socketPath)
await Promise.all([once(onPort, 'listening'), once(onPath, 'listening')])

const procedures = {
  /** Starts a session, and returns how to follow it by both transports. */
  open: async (_: null): Promise<Subscription[]> => {
    const { id } = await store.sessions.create({ owner: 'soak' })
    const { cursor } = await store.head(id)
    spoken.set(id, { characters: 0, chain: emptyChain, texts: 0, took: 0, planned: 0 })
    const body = { json: { sessionId: id, mode: { type: 'since', cursor: encodeCursor(cursor) } } }
    const address = onPort.address()
    const shared = {
      port: typeof address === 'object' && address ? address.port : 0,
      text: { before: '"text":"', after: '"' },
      ready: '"caught-up"',
    }
    const message = { i: '1', p: { u: '/onChat', b: body } }
    return [
      { ...shared, transport: 'http', path: '/rpc/onChat', request: JSON.stringify(body) },
      { ...shared, transport: 'websocket', path: '/rpc/ws', request: JSON.stringify(message) },
    ]
  },
  socketPath: (_: null) => socketPath,
  /** Lets all agents write, one answer after the other; returns what each one wrote in all. */
  write: async ({ seconds, rate }: { seconds: number; rate: number }): Promise<Spoken[]> => {
    perSecond = rate
    endsAt = sharedNow() + seconds * 1e6
    await Promise.all([...spoken.keys()].map((id, index) => speak(id, index / spoken.size / rate)))
    return [...spoken.values()]
  },
  usage: async (_: null): Promise<SoakUsage> => {
    globalThis.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    const all = [...sockets]
    return {
      heap: heapUsed,
      rss,
      connections: all.length,
      full: all.filter(({ writableNeedDrain }) => writableNeedDrain).length,
      held: all.reduce((sum, { writableLength }) => sum + writableLength, 0),
    }
  },
}

export type SoakCalls = typeof procedures

answerCalls(procedures)

async function speak(sessionId: string, after: number): Promise<void> {
  await setTimeout(after * 1000)
  for (let answers = 0; endsAt - sharedNow() > 0.3e6; answers++) {
    if (answers > 0 && answers % answersOfContext === 0) await call('history/reset', { sessionId })
    const { promise, resolve } = Promise.withResolvers<void>()
    said.set(sessionId, resolve)
    await call('messages/send', { sessionId, text: 'Go on.' })
    await promise
  }
}

async function call(procedure: string, input: object): Promise<void> {
  const response = await chat.fetch(
    new Request(`http://localhost/rpc/${procedure}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ json: input }),
    }),
  )
  if (!response.ok) throw new Error(await response.text())
}
