import { type Agent, type ChatServer, createChatServer, type HookOptions } from '@caughtup/server'
import { diskAttachments } from '@caughtup/server/disk-attachments'
import { openApi } from '@caughtup/server/openapi'
import type { Clock } from '@caughtup/schema/clock'
import { createStore, type StorageFactory, type Store } from '@caughtup/store'
import { type ChatClient, createChatClient, sse } from '@caughtup/web-client'

/** Everybody whose sessions are recorded. Dan is forgotten in the end. */
export const principals = ['ann', 'bob', 'dan'] as const

export interface HostOptions {
  storage: StorageFactory
  clock: Clock
  /** Where attachments are. */
  files: string
  agent: Agent
  hooks?: HookOptions
}

/** A store and a server on it, as an application would set them up. */
export interface Host {
  store: Store
  chat: ChatServer
  /** A client of this principal, within the process. */
  client(principal: string): ChatClient
  close(): Promise<void>
}

export async function openHost({
  storage,
  clock,
  files,
  agent,
  hooks,
}: HostOptions): Promise<Host> {
  const store = await createStore({
    storage,
    clock,
    // Deltas are commits of their own: no answer waits for a window of a clock that stands still.
    flush: { windowMs: 0 },
    limits: { sendsPerMinute: 10_000, changesPerMinute: 10_000, streamsPerPrincipal: 10_000 },
  })
  const chat = createChatServer({
    store,
    agent,
    summarise: async () => ({ text: 'In short.', usage: { outputTokens: 5 }, systemTokens: 20 }),
    principal: ({ headers }) => {
      const [, id] = /^Bearer (\w+)$/.exec(headers.get('authorization') ?? '') ?? []
      return id === undefined ? undefined : { id }
    },
    price: (model, { inputTokens = 0, outputTokens = 0 }) =>
      model === 'unpriced' ? undefined : inputTokens + 5 * outputTokens,
    stats: ({ id }) => id === 'ann',
    contextLimit: 1_000,
    attachments: { storage: diskAttachments({ folder: files }), mediaTypes: ['text/plain'] },
    mounts: [openApi()],
    drain: 0,
    onError: () => {},
    ...(hooks && { hooks }),
  })
  const clients: ChatClient[] = []
  return {
    store,
    chat,
    client(principal) {
      const client = createChatClient({
        link: sse({
          url: 'http://localhost/rpc',
          headers: { authorization: `Bearer ${principal}` },
          fetch: (request) => chat.fetch(request),
        }),
      })
      clients.push(client)
      return client
    },
    async close() {
      for (const client of clients) client.close()
      await chat.close()
      await store.close()
    },
  }
}
