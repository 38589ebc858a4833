import { createChatServer } from '@caughtup/server'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

import { agent } from './agent.ts'
import { visitorOf } from './visitor.ts'

/** Opens the database and a chat server on it. In development (`dev`) closing it waits for no answer. */
export async function openChat({ dev }: { dev: boolean }) {
  const store = await createStore({ storage: sqlite({ path: process.env.CHAT_DB ?? 'chat.db' }) })
  const chat = createChatServer({
    store,
    agent,
    principal: visitorOf,
    ...(dev && { drain: 0 }),
  })
  return {
    chat,
    /** Ends the runs and the streams, writes everything and closes the database. */
    async close() {
      await chat.close()
      await store.close()
    },
  }
}
