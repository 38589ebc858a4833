// A process with a chat server; its argument says how it uses it. It does not call `process.exit`, so it
// exits when nothing keeps it alive.
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

import { createChatServer } from '../../src/create-chat-server.ts'
import { createTestClient } from '../../src/testing.ts'
import { serve } from '../../src/transports/serve.ts'

const [use = '', path = ''] = process.argv.slice(2)
const store = await createStore({ storage: sqlite({ path }) })
const chat = createChatServer({
  store,
  agent: async function* ({ signal }) {
    yield { type: 'text-delta', text: 'Hello' }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },
  principal: () => ({ id: 'me' }),
  drain: 0,
})

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** A session with an active run, one stream that is read and one that is not. */
async function answerSomebody() {
  const client = createTestClient(chat)
  const { id: sessionId } = await client.sessions.create()
  const input = { sessionId, mode: { type: 'full' } } as const
  const read = await client.onChat(input)
  const unread = await client.onChat(input)
  await client.messages.send({ sessionId, text: 'Hi' })
  for (;;) {
    const next = await read.next()
    if (next.done || next.value.type === 'events') break
  }
  const leave = async () => {
    await client.runs.interrupt({ sessionId })
    for (const stream of [read, unread]) await stream.return?.()
  }
  return leave
}

switch (use) {
  case 'created':
    break
  case 'left': {
    const leave = await answerSomebody()
    await leave()
    break
  }
  case 'closed':
    await answerSomebody()
    await chat.close()
    await store.close()
    break
  case 'served': {
    const serving = await serve(chat)
    process.once('SIGTERM', () => {
      void serving.close().then(() => store.close())
    })
    say(serving.url)
  }
}
say('done')
