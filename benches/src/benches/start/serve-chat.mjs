// A whole application on the built packages, copied beside them and started with the path of its
// database. It says on its first line where it listens and when it reached what, in ms since the epoch.
const reached = { script: now() }
const { createChatServer } = await import('@caughtup/server')
const { serve } = await import('@caughtup/server/node')
const { createStore } = await import('@caughtup/store')
const { sqlite } = await import('@caughtup/store/sqlite')
reached.imported = now()
const store = await createStore({ storage: sqlite({ path: process.argv[2] }) })
reached.opened = now()
const chat = createChatServer({
  store,
  agent: async function* () {},
  principal: () => ({ id: 'me' }),
})
const serving = await serve(chat)
reached.listening = now()
process.stdout.write(`${JSON.stringify({ url: serving.url, reached })}\n`)
process.once('SIGTERM', () => void close())

async function close() {
  await serving.close()
  await store.close()
}

function now() {
  return performance.timeOrigin + performance.now()
}
