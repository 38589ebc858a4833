import { attachWebSocket } from '@caughtup/server/node'
import compress from '@fastify/compress'
import fastify from 'fastify'

import { openChat } from './chat.ts'

const { chat, close } = await openChat()
const app = fastify()
await app.register(compress)
app.addHook('onRequest', (request, reply, done) => chat.nodeHandler(request.raw, reply.raw, done))
app.get('/', () => 'A page beside the chat.')

const sockets = attachWebSocket(chat, app.server)
await app.listen({ port: Number(process.env['PORT'] ?? 4000), host: '127.0.0.1' })
console.log('Listening on', app.server.address())

const stop = async () => {
  await close()
  await sockets.close()
  setTimeout(() => app.server.closeAllConnections(), 1_000).unref() // clients that do not read
  await app.close()
}
process.once('SIGTERM', () => void stop())
