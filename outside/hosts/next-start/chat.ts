import { setTimeout } from 'node:timers/promises'

import { type Agent, createChatServer } from '@caughtup/server'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

/** In its place: your model. */
const agent: Agent = async function* ({ messages, signal }) {
  yield { type: 'text-delta', text: `This is message ${messages.length + 1}. It counts:` }
  for (let count = 1; count <= 40; count++) {
    await setTimeout(100, undefined, { signal })
    yield { type: 'text-delta', text: ` ${count}` }
  }
}

export async function openChat() {
  const path = process.env['CHAT_DB'] ?? 'chat.db'
  const store = await createStore({ storage: sqlite({ path }) })
  const chat = createChatServer({
    store,
    agent,
    principal: () => ({ id: 'me' }), // who is calling: everybody is the same one, for now
  })
  const close = async () => {
    await chat.close()
    await store.close()
  }
  return { chat, close }
}
