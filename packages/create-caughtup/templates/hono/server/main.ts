// The server: the chat under /rpc, and the page. `--dev` serves the page from its sources.
import { createServer } from 'node:http'

import { attachWebSocket } from '@caughtup/server/node'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'

import { openChat } from './chat.ts'
import { builtPage, devPage } from './page.ts'
import { cookieOptions, renewedSecret, visitorCookie } from './visitor.ts'

const dev = process.argv.includes('--dev')
const { chat, close } = await openChat({ dev })
const app = new Hono<{ Bindings: HttpBindings }>()
const server = createServer(getRequestListener(app.fetch))
const page = dev ? await devPage(server) : builtPage()

app.all('/rpc/*', (c) => chat.fetch(c.req.raw))
app.get('/', async (c) => {
  const { url, headers } = c.req.raw
  setCookie(c, visitorCookie, renewedSecret(headers), cookieOptions(url, headers))
  c.header('cache-control', 'no-store')
  return c.html(await page.html())
})
app.get('*', page.file)

const sockets = attachWebSocket(chat, server)
const port = Number(process.env.PORT ?? 3000)
// In a container, and wherever others are to reach it without a proxy: HOST=0.0.0.0
server.listen(port, process.env.HOST ?? '127.0.0.1', () => {
  const address = server.address()
  const actual = typeof address === 'object' && address ? address.port : port
  console.log(`Listening on http://localhost:${actual}`)
})

async function stop() {
  await close() // ends the runs, then the streams
  await sockets.close()
  await page.close()
  server.close()
  setTimeout(() => process.exit(), 1_000).unref() // despite clients that do not read
}

let stopping: Promise<void> | undefined
// Npm passes a Ctrl+C on that the terminal has sent already: it counts once.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (stopping ??= stop()))
