import { attachWebSocket } from '@caughtup/server/node'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { compress } from 'hono/compress'

import { openChat } from './chat.ts'

const { chat, close } = await openChat()
const app = new Hono()
app.use(compress())
app.all('/rpc/*', (c) => chat.fetch(c.req.raw))
app.get('/', (c) => c.text('A page beside the chat.'))

const port = Number(process.env['PORT'] ?? 4000)
const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, (address) => {
  console.log('Listening on', address)
})
const sockets = attachWebSocket(chat, server)

const stop = async () => {
  await close()
  await sockets.close()
  server.close()
  setTimeout(() => process.exit(), 1_000).unref() // despite clients that do not read
}
process.once('SIGTERM', () => void stop())
