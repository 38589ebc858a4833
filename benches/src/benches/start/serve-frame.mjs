// The floor: one HTTP server of Node that sends one frame, with the same first line.
const reached = { script: now() }
const { createServer } = await import('node:http')
reached.imported = reached.opened = now()
const frame = 'data: {"json":{"type":"caught-up"}}\n\n'
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(frame)
})
server.listen(0, '127.0.0.1', () => {
  reached.listening = now()
  const url = `http://127.0.0.1:${server.address().port}`
  process.stdout.write(`${JSON.stringify({ url, reached })}\n`)
})
process.once('SIGTERM', () => process.exit())

function now() {
  return performance.timeOrigin + performance.now()
}
