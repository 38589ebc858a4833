import { attachWebSocket } from '@caughtup/server/node'
import compression from 'compression'
import express from 'express'

import { openChat } from './chat.ts'

const { chat, close } = await openChat()
const app = express()
app.use(compression())
app.use(chat.nodeHandler) // before any body parser: it reads the body itself
app.get('/', (_request, response) => {
  response.send('A page beside the chat.')
})

const server = app.listen(Number(process.env['PORT'] ?? 4000), '127.0.0.1', () => {
  console.log('Listening on', server.address())
})
const sockets = attachWebSocket(chat, server)

const stop = async () => {
  await close()
  await sockets.close()
  server.close()
  setTimeout(() => server.closeAllConnections(), 1_000).unref() // clients that do not read
}
process.once('SIGTERM', () => void stop())
