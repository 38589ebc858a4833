// A chat server on a database that it shares with other processes. It prints its URL and serves until
// it is killed. Who calls is named in the URL. Its agent counts until it is stopped, or answers the prompt "short" at once.
import { setTimeout } from 'node:timers/promises'

import { type Agent, createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

const [database = '', lease = ''] = process.argv.slice(2)

const agent: Agent = async function* ({ messages, signal }) {
  const [part] = messages.at(-1)?.parts ?? []
  if (part?.type === 'text' && part.text === 'short') {
    yield { type: 'text-delta', text: 'done' }
    return
  }
  for (let n = 0; ; n++) {
    await setTimeout(20, undefined, { signal })
    yield { type: 'text-delta', text: `${n} ` }
  }
}

const store = await createStore({ storage: sqlite({ path: database }) })
const chat = createChatServer({
  store,
  agent,
  principal: ({ url = '' }) => ({
    id: new URL(url, 'http://localhost').searchParams.get('as') ?? 'me',
  }),
  lease: Number(lease),
})
const { url } = await serve(chat)
console.log(url)
