import type { ChatFrame, Event } from '@caughtup/schema'
import { applyEvent, emptyView, eventOfText, type View } from '@caughtup/schema/fold'
import { getEventMeta } from '@orpc/client'
import { RPCHandler } from '@orpc/server/fetch'
import { describe, expect, test } from 'vitest'

import {
  type Client,
  fetchClient,
  openSocket,
  openTestServer,
  readRun,
  readUntil,
  serveTest,
  socketClient,
  type TestServerOptions,
} from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

async function openServed(options: TestServerOptions) {
  const server = await openTestServer(options)
  return { ...server, serving: await serveTest(server.chat) }
}

/** Every kind of connection that a stream may be written to. */
const transports = {
  'HTTP and SSE': async (options: TestServerOptions = {}) => {
    const server = await openServed(options)
    const connect = async (principal = 'me'): Promise<Client> =>
      fetchClient((request) => fetch(request), principal, `${server.serving.url}/rpc`)
    return { ...server, connect }
  },
  WebSocket: async (options: TestServerOptions = {}) => {
    const server = await openServed(options)
    const connect = async (principal = 'me'): Promise<Client> =>
      socketClient(await openSocket(server.serving, principal))
    return { ...server, connect }
  },
  'the fetch adapter': async (options: TestServerOptions = {}) => {
    const server = await openServed(options)
    return { ...server, connect: async (principal = 'me') => server.client(principal) }
  },
  "a host's own handler": async (options: TestServerOptions = {}) => {
    const server = await openServed(options)
    const handler = new RPCHandler(server.chat.router, { plugins: [server.chat.guard] })
    const answer = async (request: Request) => {
      const { response } = await handler.handle(request, { prefix: '/rpc', context: { request } })
      return response ?? new Response(null, { status: 404 })
    }
    return { ...server, connect: async (principal = 'me') => fetchClient(answer, principal) }
  },
}

const full = { type: 'full' } as const

describe.each(Object.entries(transports))('over %s', (_, open) => {
  test('a prompt is answered live, completely and once', async () => {
    const { connect } = await open()
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: full })
    const opening = await readUntil(stream, 'caught-up')
    expect(opening.map(({ type }) => type)).toEqual(['replay', 'caught-up'])
    const sent = await client.messages.send({ sessionId, text: 'Hi' })
    expect(sent.queued).toBe(false)
    const view = fold([...opening, ...(await readRun(stream))])
    expect(view.messages.map(textOf)).toEqual(['Hi', 'Hello'])
    expect(view.messages.every(({ status }) => status === 'done')).toBe(true)
    expect(view.run).toBeUndefined()
    expect(view.messages[0]?.id).toBe(sent.messageId)
  })

  test('only caught-up and events carry an event id, and no id comes before caught-up', async () => {
    const { connect } = await open()
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    const first = await client.onChat({ sessionId, mode: full })
    await readUntil(first, 'caught-up')
    await client.messages.send({ sessionId, text: 'Hi' })
    const live = await readRun(first)
    for (const frame of live) {
      expect(getEventMeta(frame)?.id !== undefined).toBe(frame.type !== 'transient')
    }
    const second = await client.onChat({ sessionId, mode: full })
    const frames = await readUntil(second, 'caught-up')
    expect(frames.map(({ type }) => type)).toEqual(['replay', 'messages', 'caught-up'])
    expect(frames.map((frame) => getEventMeta(frame)?.id)).toEqual([
      undefined,
      undefined,
      caughtUp(frames).cursor,
    ])
  })

  test('a stream resumes strictly after the cursor, at every event', async () => {
    const { connect, store } = await open()
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: full })
    const opening = await readUntil(stream, 'caught-up')
    await client.messages.send({ sessionId, text: 'Hi' })
    const frames = [...opening, ...(await readRun(stream))]
    const whole = fold(frames)
    await store.flushAll()
    for (const [index, frame] of frames.entries()) {
      const cursor = getEventMeta(frame)?.id
      if (cursor === undefined) continue
      const resumed = await client.onChat({ sessionId, mode: { type: 'since', cursor } })
      const rest = await readUntil(resumed, 'caught-up')
      expect(rest[0]).toMatchObject({ type: 'replay', mode: 'since' })
      expect(fold(rest, fold(frames.slice(0, index + 1)))).toEqual(whole)
      await resumed.return?.()
    }
  })

  test('the last event id wins over the mode', async () => {
    const { connect } = await open()
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: full })
    const { cursor } = caughtUp(await readUntil(stream, 'caught-up'))
    const resumed = await client.onChat({ sessionId, mode: full }, { lastEventId: cursor })
    expect((await readUntil(resumed, 'caught-up'))[0]).toMatchObject({ mode: 'since' })
  })

  test('a late joiner and a live mode client see the active run', async () => {
    const scripted = new ScriptedAgent()
    const { connect, store } = await open({ agent: scripted.agent })
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    await client.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    const early = await client.onChat({ sessionId, mode: { type: 'live' } })
    const bare = caughtUp(await readUntil(early, 'caught-up'))
    expect(bare).toMatchObject({ mode: 'live', run: { kind: 'agent', status: 'streaming' } })
    expect(bare.open).toMatchObject([{ parts: [], status: 'open' }])
    run.say('Hel')
    await readUntil(early, 'events')
    run.say('lo')
    await store.flushAll()
    const joined = await client.onChat({ sessionId, mode: full })
    const opening = await readUntil(joined, 'caught-up')
    expect(caughtUp(opening).run).toBeDefined()
    run.finish()
    const view = fold([...opening, ...(await readRun(joined))])
    expect(view.messages.map(textOf)).toEqual(['Hi', 'Hello'])
  })

  test('a disconnect does not stop a run', async () => {
    const scripted = new ScriptedAgent()
    const { connect } = await open({ agent: scripted.agent })
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    const gone = new AbortController()
    const stream = await client.onChat({ sessionId, mode: full }, { signal: gone.signal })
    await readUntil(stream, 'caught-up')
    await client.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    gone.abort()
    run.say('still here')
    run.finish()
    const other = await (await connect()).onChat({ sessionId, mode: full })
    const frames = await readUntil(other, 'caught-up')
    const view = fold(caughtUp(frames).run ? [...frames, ...(await readRun(other))] : frames)
    expect(textOf(view.messages[1])).toBe('still here')
    expect(run.context.signal.aborted).toBe(false)
  })

  test('a client that leaves answers unread has each of them once when it reads on', async () => {
    const scripted = new ScriptedAgent()
    const { connect, store } = await open({ agent: scripted.agent })
    const [client, other] = [await connect(), await connect()]
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: full })
    let view = fold(await readUntil(stream, 'caught-up'))
    const answers = Array.from({ length: 4 }, (_, n) => `${n}`.repeat(3_000_000))
    for (const [n, text] of answers.entries()) {
      await other.messages.send({ sessionId, text: `Prompt ${n}` })
      const run = await scripted.run()
      for (let at = 0; at < text.length; at += 30_000) run.say(text.slice(at, at + 30_000))
      run.finish()
      await expect
        .poll(async () => (await store.head(sessionId)).head.run, { interval: 5 })
        .toBe(undefined)
    }
    while (
      view.messages.at(-1)?.status !== 'done' ||
      textOf(view.messages.at(-1)) !== answers.at(-1)
    ) {
      const result = await stream.next()
      if (result.done) throw new Error('The stream has ended.')
      view = fold([result.value], view)
    }
    // What a window holds is complete: a client this far behind may get a new one.
    const shown = view.messages.filter(({ role }) => role === 'assistant').map(textOf)
    expect(shown.every((text) => answers.includes(text))).toBe(true)
    expect(new Set(shown).size).toBe(shown.length)
  })

  test("a disconnect frees the stream's resources", async () => {
    const { connect, client: stats } = await open({ stats: () => true })
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    const gone = new AbortController()
    const stream = await client.onChat({ sessionId, mode: full }, { signal: gone.signal })
    await readUntil(stream, 'caught-up')
    expect(await stats().server.stats()).toMatchObject({ chatStreams: 1 })
    gone.abort()
    await expect
      .poll(async () => (await stats().server.stats()).chatStreams, { interval: 5 })
      .toBe(0)
  })

  test('a closing server ends its streams with shutting-down and refuses calls', async () => {
    const { connect, chat } = await open()
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: full })
    await readUntil(stream, 'caught-up')
    const closed = chat.close()
    expect((await readUntil(stream, 'end')).at(-1)).toMatchObject({ reason: 'shutting-down' })
    expect((await stream.next()).done).toBe(true)
    await closed
    await expect(client.sessions.list()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      status: 503,
      defined: true,
    })
  })

  test('a client can read how its stream ends when `serve` closes', async () => {
    const { connect, serving } = await open()
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: full })
    await readUntil(stream, 'caught-up')
    const last = readUntil(stream, 'end')
    await serving.close()
    expect((await last).at(-1)).toEqual({ type: 'end', reason: 'shutting-down' })
  })

  test('a deleted session ends its streams', async () => {
    const { connect } = await open()
    const client = await connect()
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: full })
    await readUntil(stream, 'caught-up')
    await client.sessions.delete({ sessionId })
    expect((await readUntil(stream, 'end')).at(-1)).toEqual({
      type: 'end',
      reason: 'session-deleted',
    })
  })

  test('errors keep their code, status and data', async () => {
    const { connect } = await open()
    const client = await connect()
    await expect(client.sessions.get({ sessionId: 'nowhere' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
      defined: true,
      data: { field: 'sessionId', value: 'nowhere' },
    })
    await expect(client.onChat({ sessionId: 'nowhere', mode: full })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})

function caughtUp(frames: readonly ChatFrame[]) {
  const frame = frames.find(({ type }) => type === 'caught-up')
  if (frame?.type !== 'caught-up') throw new Error('There is no caught-up.')
  return frame
}

/** The frames as a client applies them. */
function fold(frames: readonly ChatFrame[], start: View = emptyView): View {
  let view = start
  const apply = (event: Event) => {
    const applied = applyEvent(view, event)
    if (applied.result === 'gap') throw new Error(`A gap before seq ${event.seq} at ${view.seq}.`)
    view = applied.view
  }
  for (const frame of frames) {
    if (frame.type === 'replay' && frame.mode === 'full') view = emptyView
    if (frame.type === 'messages') {
      const messages = [...view.messages, ...frame.messages]
      view = { ...view, messages, seq: Math.max(view.seq, ...messages.map((m) => m.revision)) }
    }
    if (frame.type === 'events') for (const event of frame.events) apply(event)
    if (frame.type === 'text') apply(eventOfText(frame, view))
    if (frame.type === 'caught-up') view = { ...view, ...headOf(frame) }
  }
  return view
}

/** The view with the session's state from `caught-up`. */
function headOf({ cursor, epoch, run, queue }: ReturnType<typeof caughtUp>) {
  return { seq: Number(cursor.split('.')[1]), epoch, queue, ...(run && { run }) }
}

function textOf(message: View['messages'][number] | undefined): string {
  return (message?.parts ?? []).map((part) => ('text' in part ? part.text : '')).join('')
}
