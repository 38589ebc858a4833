import { type Agent, createChatServer, type Mount } from '@caughtup/server'
import { durableStreams, toOffset } from '@caughtup/server/durable-streams'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

const agent: Agent = async function* () {
  for (const text of ['Read', ' by', ' anybody.']) yield { type: 'text-delta', text }
}
const store = await createStore({
  storage: sqlite({ path: process.env['CHAT_DB'] ?? 'chat.db' }),
})

/** `GET /windows/<session>`: what a reader shows first, and the offset that it goes on from. */
const windows: Mount = {
  path: '/windows',
  routes: () => [
    {
      method: 'GET',
      path: '/:id',
      async answer({ session, params: { id = '' } }) {
        const { messages, cursor } = await store.window((await session(id)).id)
        return { json: { messages, offset: toOffset(cursor) } }
      },
    },
  ],
}

const chat = createChatServer({
  store,
  agent,
  principal: () => ({ id: 'me' }),
  mounts: [durableStreams({ path: '/streams' }), windows],
})
const { url } = await serve(chat, { port: Number(process.env['PORT'] ?? 4000) })
console.log(`Listening on ${url}`)
