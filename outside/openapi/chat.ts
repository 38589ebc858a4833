import { type ChatServerOptions, createChatServer } from '@caughtup/server'
import { openApi } from '@caughtup/server/openapi'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { onTestFinished } from 'vitest'

/** A chat server with the HTTP API, for whoever has the token of a word. */
export async function openChat(options: Partial<ChatServerOptions> = {}) {
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({
    store,
    agent: async function* () {
      yield { type: 'text-delta', text: 'Hello' }
    },
    principal({ headers }) {
      const [, id] = /^Bearer (\w+)$/.exec(headers.get('authorization') ?? '') ?? []
      return id === undefined ? undefined : { id }
    },
    mounts: [openApi()],
    ...options,
  })
  onTestFinished(async () => {
    await chat.close()
    await store.close()
  })
  return { chat, store }
}
