// A chat server on a database that it shares with other processes. It prints its URL and serves until it is
// killed, or gets SIGTERM. Who calls is named in the URL. Its agent counts until it is stopped; it answers the
// prompt "short" at once, and one that ends with a number with so many tokens.
// The lines of the transcript's file, if there is one, are prompts of another system in every session.
import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

import { systemClock } from '@caughtup/schema/clock'
import { type Agent, createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import { redis } from '@caughtup/store/redis'
import { sqlite } from '@caughtup/store/sqlite'
import pg from 'pg'

import type { ChatProcessOptions } from './chat-process-options.ts'
import { noteFailure, notingLooks } from './looks.ts'

const options: ChatProcessOptions = JSON.parse(process.argv[2] ?? '')
const { database, port = 0, transcript, executions, looks, clockAhead = 0, ...rest } = options
const { redis: redisUrl, connections, ...settings } = rest

const agent: Agent = async function* ({ messages, signal, runId, attempt }) {
  if (executions !== undefined) appendFileSync(executions, `${runId} ${attempt}\n`)
  const [part] = messages.at(-1)?.parts ?? []
  const text = part?.type === 'text' ? part.text : ''
  if (text === 'short') {
    yield { type: 'text-delta', text: 'done' }
    return
  }
  const tokens = /\d+$/.exec(text)?.[0] ?? Infinity
  for (let n = 0; n < Number(tokens); n++) {
    await setTimeout(20, undefined, { signal })
    yield { type: 'text-delta', text: `${n} ` }
  }
}

function postgresStorage({ url, ...more }: Exclude<typeof database, { path: string }>) {
  if (connections === undefined) return postgres({ ...more, ...(url !== undefined && { url }) })
  const pool = new pg.Pool({ connectionString: url, max: connections, allowExitOnIdle: true })
  return postgres({ ...more, pool })
}

const store = await createStore({
  storage: 'path' in database ? sqlite(database) : postgresStorage(database),
  limits: { sendsPerMinute: 1_000_000 },
  ...(redisUrl !== undefined && { bus: redis({ url: redisUrl }) }),
  clock: { ...systemClock, now: () => systemClock.now() + clockAhead },
})
const chat = createChatServer({
  store: looks === undefined ? store : notingLooks(store, looks),
  agent,
  principal: ({ url = '' }) => ({
    id: new URL(url, 'http://localhost').searchParams.get('as') ?? 'me',
  }),
  onError: (error, where) => {
    if (looks !== undefined && where === 'checking the runs of other processes') noteFailure(looks)
    console.error(`${where}: ${String(error)}`)
  },
  ...settings,
  ...(transcript !== undefined && {
    transcript: {
      // In ms: longer than a busy machine takes.
      timeout: 60_000,
      probe: () => statSync(transcript, { throwIfNoEntry: false })?.size,
      read: () =>
        readFileSync(transcript, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => ({ role: 'user', parts: [{ type: 'text', text: line }] })),
    },
  }),
})
const serving = await serve(chat, { port })
console.log(serving.url)
process.once('SIGTERM', () => void serving.close().then(() => store.close()))
