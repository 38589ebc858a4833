import { attachWebSocket } from '@caughtup/server/node'
import compress from '@fastify/compress'
import fastify from 'fastify'

import { openChat } from './chat.ts'

const { chat, close } = await openChat()
const app = fastify()
await app.register(compress)
await app.register((rpc, _options, done) => {
  // The chat reads the body itself.
  rpc.removeAllContentTypeParsers()
  rpc.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
  rpc.all('/rpc/*', (request, reply) => {
    reply.hijack()
    chat.nodeHandler(request.raw, reply.raw)
  })
  done()
})
app.get('/', () => 'A page beside the chat.')

const sockets = attachWebSocket(chat, app.server)
await app.listen({ port: Number(process.env['PORT'] ?? 4000), host: '127.0.0.1' })
console.log('Listening on', app.server.address())

const stop = async () => {
  const closed = app.close()
  await close()
  await sockets.close()
  await closed
}
process.once('SIGTERM', () => void stop())
