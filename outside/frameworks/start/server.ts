import { setTimeout } from 'node:timers/promises'

import { type Agent, createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
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

const store = await createStore({ storage: sqlite({ path: 'chat.db' }) })
const chat = createChatServer({
  store,
  agent,
  principal: () => ({ id: 'me' }), // who is calling: everybody is the same one, for now
})
const serving = await serve(chat, { port: 4000 })
console.log(`Listening on ${serving.url}`)

process.once('SIGTERM', () => void serving.close().then(() => store.close()))
