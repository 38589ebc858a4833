import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'

const port = Number(process.env['PORT'] ?? 3000)
const host = process.env['HOST'] ?? '127.0.0.1'
const page = new URL('../dist/index.html', import.meta.url)

createServer((_request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  createReadStream(page).pipe(response)
}).listen(port, host, () => console.log(`Caughtup demo: http://${host}:${port}`))
