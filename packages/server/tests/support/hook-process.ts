// A process that ends a run whose hook never returns. It prints the id of the event when the hook is called.
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

import { createChatServer } from '../../src/create-chat-server.ts'
import { createTestClient } from '../../src/testing.ts'

const [path = ''] = process.argv.slice(2)
const chat = createChatServer({
  store: await createStore({ storage: sqlite({ path }) }),
  agent: async function* () {
    yield { type: 'text-delta', text: 'Hello' }
  },
  principal: () => ({ id: 'me' }),
  hooks: {
    async runEnded({ id }) {
      process.stdout.write(`${id}\n`)
      await new Promise(() => {})
    },
  },
})
// Keeps the process alive until it is killed.
setInterval(() => {}, 1_000)
const client = createTestClient(chat)
const { id: sessionId } = await client.sessions.create()
await client.messages.send({ sessionId, text: 'Hi' })
