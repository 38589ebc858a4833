import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { serve } from '@caughtup/server/node'
import { sqlite } from '@caughtup/store/sqlite'
import { asChatError, type ChatRpc, createChatClient, sse, webSocket } from '@caughtup/web-client'
import { describe, expect, onTestFinished, test } from 'vitest'

import { lacking } from './recorded/lacking.ts'
import { reopen } from './host/opened.ts'
import { quickAgent } from './recording/calls.ts'
import { eventsOf, type Exchange, keptHeaders, piecesOf } from './recorded/exchange.ts'
import { readJson, releases, type Scene, type SocketScene } from './recorded/releases.ts'
import { replay, type Replay } from './recorded/replay.ts'
import { replaySocket } from './recorded/replay-socket.ts'
import { connect, httpLink, loadAll } from './host/scenes.ts'
import { settled } from './host/settled.ts'
import { Volatile } from './recorded/volatile.ts'

describe.each(releases())('HTTP as of $version', ({ folder, readAt }) => {
  const calls = readJson<Exchange[]>(path.join(folder, 'http/calls.json'))
  const scenes = readJson<Scene[]>(path.join(folder, 'http/scenes.json'))

  test('requests of its clients get from the present server, on its database, what they got then', async () => {
    const copy = mkdtempSync(path.join(tmpdir(), 'caughtup-release-'))
    onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
    cpSync(path.join(folder, 'sqlite'), copy, { recursive: true })
    const opened = await reopen(
      sqlite({ path: path.join(copy, 'chat.db') }),
      { readAt, files: path.join(copy, 'files') },
      quickAgent,
    )
    const { host } = opened
    const serving = await serve(host.chat)
    onTestFinished(() => opened.close(serving))
    const { same } = new Volatile()
    for (const { request, response } of calls) {
      const answered = await ask(serving.url, request, response)
      const { sessionId } = sessionOf(request)
      if (sessionId !== undefined) await settled(host, sessionId)
      const told = `${request.path} ${request.body ?? ''}`
      expect({ told, lacks: lacking(readable(request, response), answered, same) }).toEqual({
        told,
        lacks: [],
      })
    }
  })

  test('calls of the present client are the requests that its server took, and get what it answered', async () => {
    const { url } = await replayed(calls)
    const procedures = calls.filter(isProcedure)
    expect(procedures.length).toBeGreaterThan(50)
    for (const { request, response } of procedures) {
      const { authorization = '' } = request.headers
      const client = createChatClient({
        link: sse({ url: `${url}/rpc`, headers: { authorization } }),
      })
      onTestFinished(() => client.close())
      const { json: input } = JSON.parse(request.body ?? '') as { json?: unknown }
      const got = await call(
        client.rpc,
        request.path,
        input,
        response.frames && eventsOf(response.frames).length,
      )
      const told = `${request.path} ${request.body}`
      expect({ told, got }).toEqual({ told, got: outcome(response) })
    }
  })

  test.each(scenes)(
    'the present client shows what its client showed of the same bytes: $follow',
    async (scene) => {
      const recorded = await replayed(scene.exchanges)
      const followed = await connect(httpLink(recorded.url), scene.follow)
      onTestFinished(() => followed.close())
      await loadAll(followed.view)
      await expect.poll(() => followed.shown()).toEqual(scene.shown)
      expect({ strange: recorded.strange, left: recorded.left }).toEqual({ strange: [], left: [] })
    },
  )

  test('the present client shows what its client showed of the same messages of a WebSocket', async () => {
    const { sessionId, shown, messages } = readJson<SocketScene>(
      path.join(folder, 'http/socket.json'),
    )
    const recorded = await replaySocket(messages)
    onTestFinished(() => recorded.close())
    const followed = await connect(webSocket({ url: `${recorded.url}/rpc` }), { sessionId })
    onTestFinished(() => followed.close())
    await loadAll(followed.view)
    await expect.poll(() => followed.shown()).toEqual(shown)
    expect(recorded.strange).toEqual([])
  })
})

async function replayed(exchanges: readonly Exchange[]): Promise<Replay> {
  const recorded = await replay(exchanges)
  onTestFinished(() => recorded.close())
  return recorded
}

/** What a server answers to a recorded request; of a stream, as much as was recorded. */
async function ask(url: string, request: Exchange['request'], recorded: Exchange['response']) {
  const left = new AbortController()
  const { method, path: target, headers, body } = request
  const response = await fetch(url + target, {
    method,
    headers,
    signal: left.signal,
    ...(body !== undefined && { body }),
  })
  const { status } = response
  const answered: Exchange['response'] = { status, headers: keptHeaders(response.headers) }
  if (!recorded.frames || !response.body) {
    return readable(request, { ...answered, body: await response.text() })
  }
  const frames: string[] = []
  for await (const piece of piecesOf(response.body)) {
    frames.push(piece)
    if (eventsOf([piece]).some(({ data }) => frameOf(data).type === 'caught-up')) break
  }
  left.abort()
  return readable(request, { ...answered, frames })
}

/** An answer as data. How a replay is divided into frames is not for a reader to rely on. */
function readable({ path: target }: Exchange['request'], response: Exchange['response']) {
  const { status, headers, body, frames } = response
  if (!frames) {
    const isJson = headers['content-type']?.startsWith('application/json')
    const data: unknown = isJson ? JSON.parse(body ?? '') : body
    return { status, headers, body: target === '/rpc/server/stats' ? shape(data) : data }
  }
  const joined: { type: string; items: unknown[] }[] = []
  for (const { id, data } of eventsOf(frames)) {
    const frame = frameOf(data)
    const items = frame.messages ?? frame.events
    const last = joined.at(-1)
    if (items && last?.type === frame.type) last.items.push(...items)
    else joined.push({ type: frame.type, items: items ?? [{ id, frame }] })
    if (frame.type === 'caught-up') break
  }
  return { status, headers, frames: joined }
}

/** What a caller of the present client gets of a recorded answer. */
function outcome({ status, body = '', frames }: Exchange['response']) {
  if (frames) return eventsOf(frames).map(({ data }) => frameOf(data))
  const { json } = JSON.parse(body) as { json: Record<string, unknown> }
  if (status === 200) return json
  const { code, message, data } = json
  return { code, message, data }
}

async function call(rpc: ChatRpc, target: string, input: unknown, frames: number | undefined) {
  const names = target.split('/').slice(2)
  const procedure = names.reduce<unknown>(
    (from, name) => (from as Record<string, unknown>)[name],
    rpc,
  )
  try {
    const output = await (procedure as (input: unknown) => Promise<unknown>)(input)
    if (frames === undefined) return output
    const got: unknown[] = []
    for await (const frame of output as AsyncIterable<unknown>) {
      if (got.push(frame) === frames) break
    }
    return got
  } catch (error) {
    const { code, message, data } = asChatError(error)
    return { code, message, data }
  }
}

/** Whether a client of ours makes it. */
function isProcedure({ request }: Exchange): boolean {
  return request.headers['caughtup-protocol'] === '1'
}

function sessionOf({ headers, body = '' }: Exchange['request']): { sessionId?: string } {
  if (headers['content-type'] !== 'application/json' || !body.startsWith('{')) return {}
  const { json } = JSON.parse(body) as { json?: { sessionId?: string } }
  return json ?? {}
}

function frameOf(data: unknown): { type: string; messages?: unknown[]; events?: unknown[] } {
  return (data as { json: { type: string } }).json
}

/** Without its values, which are of the machine. */
function shape(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shape(member)]))
}
