import { openChat } from './chat.ts'

const { chat, close } = await openChat()
const server = Bun.serve({
  port: Number(process.env['PORT'] ?? 4000),
  hostname: '127.0.0.1',
  routes: {
    '/rpc/*': (request) => chat.fetch(request),
    '/': new Response('A page beside the chat.'),
  },
})
console.log('Listening on', { port: server.port })

const stop = async () => {
  await close()
  const cut = setTimeout(() => server.stop(true), 1_000) // clients that do not read
  await server.stop()
  clearTimeout(cut)
}
process.once('SIGTERM', () => void stop())
