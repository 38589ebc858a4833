import { createChatServer } from '@caughtup/server'
import { agUi, fromAgUi } from '@caughtup/server/ag-ui'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

const chat = createChatServer({
  store: await createStore({ storage: sqlite({ path: process.env['CHAT_DB'] ?? 'chat.db' }) }),
  agent: fromAgUi({
    url: process.env['AGENT_URL'] ?? 'http://127.0.0.1:4000/ag-ui',
    headers: ({ principal }) => ({ 'x-user': principal?.id ?? '' }),
  }),
  principal: () => ({ id: 'me' }),
  mounts: [agUi({ path: '/ag-ui' })],
})
const { url } = await serve(chat, { port: Number(process.env['PORT'] ?? 4001) })
console.log(`Listening on ${url}`)
