// A chat server on a database that it shares with other processes. It prints its URL and serves until
// it is killed. Who calls is named in the URL. Its agent counts until it is stopped, or answers the prompt "short" at once.
// The lines of the file DATABASE.transcript, if there is one, are prompts of another system in every session.
import { readFileSync, statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

import { type Agent, createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

const [database = '', lease = ''] = process.argv.slice(2)
const transcript = `${database}.transcript`

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
  transcript: {
    // In ms: longer than a busy machine takes.
    timeout: 60_000,
    probe: () => statSync(transcript, { throwIfNoEntry: false })?.size,
    read: () =>
      readFileSync(transcript, 'utf8')
        .trimEnd()
        .split('\n')
        .map((text) => ({ role: 'user', parts: [{ type: 'text', text }] })),
  },
})
const { url } = await serve(chat)
console.log(url)
