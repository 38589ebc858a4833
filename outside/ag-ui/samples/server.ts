import { type Agent, createChatServer } from '@caughtup/server'
import { agUi } from '@caughtup/server/ag-ui'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

const agent: Agent = async function* ({ prompt }) {
  const { tools } = prompt.metadata.custom ?? {}
  yield { type: 'text-delta', text: `Your page has ${JSON.stringify(tools)}.` }
}
const chat = createChatServer({
  store: await createStore({ storage: sqlite({ path: process.env['CHAT_DB'] ?? 'chat.db' }) }),
  agent,
  principal: () => ({ id: 'me' }),
  mounts: [
    agUi({
      path: '/ag-ui',
      // What the agent is to know of the page: here the names of its tools.
      custom: ({ tools }) => ({
        tools: Array.isArray(tools) ? tools.map(({ name }: { name: string }) => name) : [],
      }),
    }),
  ],
})
const { url } = await serve(chat, { port: Number(process.env['PORT'] ?? 4000) })
console.log(`Listening on ${url}`)
