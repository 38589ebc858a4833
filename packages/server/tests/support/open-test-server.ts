import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { activityFrame, type ChatFrame, chatFrame, type Limits } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import { createStore, type Store, type StorageFactory } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { createORPCClient } from '@orpc/client'
import { RPCLink as FetchLink } from '@orpc/client/fetch'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

import { type ChatServer, createChatServer } from '../../src/create-chat-server.ts'
import type { ChatServerOptions } from '../../src/host/server-options.ts'
import { createTestClient, type TestClient } from '../../src/testing.ts'
import { type Serving, serve } from '../../src/transports/serve.ts'

export type Client = TestClient

export interface TestServer {
  store: Store
  chat: ChatServer
  /** The calls of `onError`. */
  errors: { error: unknown; where: string }[]
  /** In-process, through `fetch`. */
  client: (principal?: string) => Client
}

export interface TestServerOptions extends Partial<ChatServerOptions> {
  file?: string
  clock?: Clock
  storage?: StorageFactory
  /** Whether the test closes the store itself. */
  closes?: boolean
  /** The store's. */
  limits?: Partial<Limits>
}

export function testDatabase(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-server-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return path.join(folder, 'test.db')
}

/** A chat server on a real database file; the principal is the header `x-principal`. */
export async function openTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { file = testDatabase(), clock, storage, limits, closes = false, ...rest } = options
  const store =
    rest.store ??
    (await createStore({
      storage: storage ?? sqlite({ path: file }),
      ...(limits && { limits }),
      ...(clock && { clock }),
    }))
  const errors: TestServer['errors'] = []
  const chat = createChatServer({
    agent: async function* () {
      yield { type: 'text-delta', text: 'Hello' }
    },
    principal: ({ headers }) => {
      const id = headers.get('x-principal')
      return id === null ? undefined : { id }
    },
    drain: 0,
    onError: (error, where) => errors.push({ error, where }),
    ...rest,
    store,
  })
  chat.start()
  onTestFinished(async () => {
    await chat.close()
    if (!closes) await store.close()
  })
  const client = (principal = 'me') =>
    createTestClient(chat, { headers: { 'x-principal': principal } })
  return { store, chat, errors, client }
}

export function fetchClient(
  fetch: (request: Request) => Promise<Response>,
  principal: string | undefined,
  url = 'http://chat.test/rpc',
): Client {
  const headers = principal === undefined ? {} : { 'x-principal': principal }
  return createORPCClient(new FetchLink({ url, headers, fetch: (request) => fetch(request) }))
}

/** Serves on a free port. */
export async function serveTest(chat: ChatServer, options = {}): Promise<Serving> {
  const serving = await serve(chat, options)
  onTestFinished(() => serving.close())
  return serving
}

/** Listens on a free port until the end of the test. */
export async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`Listening on ${address}.`)
  return address.port
}

export async function openSocket(
  serving: Pick<Serving, 'url'>,
  principal = 'me',
  headers: Record<string, string> = {},
): Promise<WebSocket> {
  const url = `${serving.url.replace('http', 'ws')}/rpc/ws`
  const socket = new WebSocket(url, { headers: { 'x-principal': principal, ...headers } })
  onTestFinished(() => socket.terminate())
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return socket
}

export function socketClient(socket: WebSocket): Client {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ws has the browser's interface; only the types of its events differ
  const websocket = socket as unknown as globalThis.WebSocket
  return createORPCClient(new SocketLink({ websocket }))
}

/** Reads frames until one of this type, and returns all of them; the stream stays open. */
export async function readUntil<F extends { type: string }, T extends F['type']>(
  stream: AsyncIterator<F, unknown, void>,
  type: T,
  matches: (frame: Extract<F, { type: T }>) => boolean = () => true,
): Promise<F[]> {
  const frames: F[] = []
  for (;;) {
    const result = await stream.next()
    if (result.done) {
      throw new Error(`The stream ended before ${type}: ${frames.map((f) => f.type).join(' ')}`)
    }
    assertFrame(result.value)
    frames.push(result.value)
    if (isType(result.value, type) && matches(result.value)) return frames
  }
}

/** The server does not validate its frames; this checks that they match the contract exactly. */
function assertFrame(frame: unknown): void {
  const read = chatFrame.safeParse(frame)
  expect(read.success ? read.data : activityFrame.parse(frame)).toEqual(frame)
}

function isType<F extends { type: string }, T extends F['type']>(
  frame: F,
  type: T,
): frame is Extract<F, { type: T }> {
  return frame.type === type
}

/** Reads until a run has ended, and returns the frames. */
export function readRun(stream: AsyncIterator<ChatFrame, unknown, void>): Promise<ChatFrame[]> {
  return readUntil(stream, 'events', ({ events }) => events.some((e) => e.type === 'run-ended'))
}
