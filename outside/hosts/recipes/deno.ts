import { openChat } from './chat.ts'

const { chat, close } = await openChat()
const port = Number(Deno.env.get('PORT') ?? 4000)
const server = Deno.serve({ port, hostname: '127.0.0.1', onListen }, (request) =>
  new URL(request.url).pathname.startsWith('/rpc/')
    ? chat.fetch(request)
    : new Response('A page beside the chat.'),
)

function onListen(address: Deno.NetAddr) {
  console.log('Listening on', { port: address.port })
}

const stop = async () => {
  await close()
  await server.shutdown()
}
Deno.addSignalListener('SIGTERM', () => void stop())
