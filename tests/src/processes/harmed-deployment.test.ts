import { postgresSchema } from '@caughtup/local-postgres'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { Event, Message } from '@caughtup/schema'
import { Random } from '@caughtup/schema/testing'
import { createStore, type Store } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import {
  type ActivityView,
  activityView,
  type ChatClient,
  createChatClient,
  type SessionView,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

import { openFaultProxy } from '../support/fault-proxy.ts'
import { Deployment } from './deployment.ts'

/** In ms: short, but longer than a busy machine delays a process. */
const lease = 1_500
const tokens = 40
/** More, by command: `CAUGHTUP_LONG=1`. */
const rounds = process.env['CAUGHTUP_LONG'] ? 60 : 8
const promptsEach = process.env['CAUGHTUP_LONG'] ? 20 : 3
/** A fixed one, or that of a failure: `SEED=… vitest run …`. */
const seeds = process.env['SEED']
  ? [Number(process.env['SEED'])]
  : [process.env['CAUGHTUP_LONG'] ? Math.floor(Math.random() * 2 ** 31) : 1]

/** What a database does to its clients, as SQL on a schema's pool. */
const databaseHarms = {
  /** All connections break, at whatever they were. */
  terminate: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
  /** Only those that listen, so that processes no longer hear each other. */
  deafen: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`,
  /** Nothing can be written for a while. */
  block: `BEGIN; LOCK TABLE events IN EXCLUSIVE MODE; SELECT pg_sleep(0.4); COMMIT`,
} as const

/** A page: its own connections, and what it has shown. */
class Device {
  readonly name: string
  readonly views: readonly SessionView[]
  readonly list: ActivityView
  /** The longest text that was shown of each message, by view. */
  readonly #shown: readonly Map<string, string>[]

  constructor(name: string, client: ChatClient, sessionIds: readonly string[]) {
    this.name = name
    this.list = activityView(client)
    this.list.subscribe(() => {})
    this.views = sessionIds.map((id) => client.session(id))
    this.#shown = this.views.map((view) => {
      const shown = new Map<string, string>()
      view.subscribe(() => {
        for (const message of view.getSnapshot().messages) {
          const text = textOf(message)
          if (text.length > (shown.get(message.id) ?? '').length) shown.set(message.id, text)
        }
      })
      return shown
    })
  }

  /** What was shown of a session, and is not in the messages that it has now. */
  lost(index: number, messages: readonly Message[]): string[] {
    const kept = new Map(messages.map((message) => [message.id, textOf(message)]))
    return [...this.#shown[index]!]
      .filter(([id, text]) => !kept.get(id)?.startsWith(text))
      .map(([id, text]) => `${id}: ${text}, now ${kept.get(id)}`)
  }

  get isSettled(): boolean {
    const { connection } = this.list.getSnapshot()
    return (
      connection.status === 'live' &&
      this.views.every((view) => {
        const snapshot = view.getSnapshot()
        const { pending, run, queue } = snapshot
        const isIdle = pending.length === 0 && !run && queue.length === 0
        return snapshot.connection.status === 'live' && isIdle
      })
    )
  }
}

const textOf = ({ parts }: Message) =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

async function journalOf(store: Store, sessionId: string): Promise<Event[]> {
  const entries: Event[] = []
  for (let cursor: number | undefined; ;) {
    const page = await store.journal.list(sessionId, {
      limit: 200,
      ...(cursor !== undefined && { cursor }),
    })
    entries.push(...page.events)
    if (page.nextCursor === null) return entries
    cursor = page.nextCursor
  }
}

test.each(seeds)(
  'with seed %i, over three servers that are killed, paused and replaced, on a PostgreSQL that breaks connections and blocks, all devices end with the journal',
  async (seed) => {
    console.log(`Seed ${seed}.`)
    const random = new Random(seed)
    const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-processes-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const { url, schema, pool, remove } = await postgresSchema()
    onTestFinished(remove)
    pool.on('error', () => {}) // Its idle connections are terminated too.
    const executions = path.join(folder, 'executions')
    const options = { database: { url, schema }, lease, heartbeat: 200, drain: 300, executions }
    // One is an hour ahead.
    const each = [options, { ...options, clockAhead: 3_600_000 }, options]
    const deployment = await Deployment.start(each, random)
    const proxy = await openFaultProxy(() => deployment.anyPort(), random)
    onTestFinished(() => proxy.close())

    const open = (link: typeof sse | typeof webSocket, principal: string, to: string) => {
      const client = createChatClient({
        link: link({ url: `${to}/rpc?as=${principal}` }),
        schedule: (callback) => {
          queueMicrotask(callback)
          return () => {}
        },
        silence: 600,
        requestTimeout: 1_000,
        reconnect: { minDelay: 5, maxDelay: 100, unknownErrors: 1_000 },
      })
      onTestFinished(() => client.close())
      return client
    }
    const owner = open(sse, 'ann', deployment.urls[0]!)
    const sessions = [
      await owner.rpc.sessions.create({ members: ['bob'] }),
      await owner.rpc.sessions.create({ members: ['bob'] }),
    ]
    const sessionIds = sessions.map(({ id }) => id)
    const behind = `http://127.0.0.1:${proxy.port}`
    const devices = [
      new Device('a', open(sse, 'ann', behind), sessionIds),
      new Device('b', open(webSocket, 'ann', behind), sessionIds),
      new Device('c', open(sse, 'bob', behind), sessionIds),
    ]

    const harms: Record<string, number> = {}
    const harm = async () => {
      for (let round = 0; round < rounds; round++) {
        await setTimeout(random.between(200, 900))
        if (random.chance(0.6)) {
          deployment.harm()
          continue
        }
        const name = random.weighted({ terminate: 2, deafen: 2, block: 1 })
        harms[name] = (harms[name] ?? 0) + 1
        const statement = databaseHarms[name].replace('TABLE events', `TABLE "${schema}".events`)
        await pool.query(statement)
      }
      await deployment.well()
    }
    const write = async ({ name, views }: Device) => {
      for (let n = 0; n < promptsEach; n++) {
        for (const [index, view] of views.entries()) {
          const text = `${name}${index}-${n}-${tokens}`
          const sent = view.send({ text, messageId: text })
          if (random.chance(0.2)) await setTimeout(random.between(0, 500))
          await sent
          // The network may lose it: then the user sees that, and may press again.
          if (random.chance(0.1)) await Promise.allSettled([view.interrupt()])
        }
      }
    }
    await Promise.all([harm(), ...devices.map(write)])
    proxy.calm()
    const patience = 60_000
    await expect
      .poll(() => devices.filter(({ isSettled }) => !isSettled).map(({ name }) => name), {
        timeout: patience,
      })
      .toEqual([])

    const store = await createStore({ storage: postgres({ url, schema }) })
    onTestFinished(() => store.close())
    const runs: string[] = []
    for (const [index, sessionId] of sessionIds.entries()) {
      const { messages } = await store.window(sessionId)
      for (const device of devices) {
        const shown = device.views[index]!.getSnapshot().messages
        expect({ name: device.name, messages: shown }).toEqual({ name: device.name, messages })
        expect(device.lost(index, messages)).toEqual([])
      }
      // Each prompt is there once; those of a device are in its order.
      const prompts = messages.filter(({ role }) => role === 'user').map(textOf)
      for (const { name } of devices) {
        const sent = Array.from({ length: promptsEach }, (_, n) => `${name}${index}-${n}-${tokens}`)
        expect(prompts.filter((text) => text.startsWith(name))).toEqual(sent)
      }
      // An answer is whole, or the beginning of it.
      const whole = Array.from({ length: tokens }, (_, n) => `${n} `).join('')
      for (const message of messages.filter(({ role }) => role === 'assistant')) {
        const { finishReason } = message.metadata
        expect(['stop', 'lost', 'interrupted']).toContain(finishReason)
        const text = textOf(message)
        expect(finishReason === 'stop' ? whole : whole.slice(0, text.length)).toBe(text)
      }
      const entries = await journalOf(store, sessionId)
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, n) => n + 1))
      const started = entries.flatMap((entry) => (entry.type === 'run-started' ? [entry] : []))
      const ended = entries.flatMap((entry) => (entry.type === 'run-ended' ? [entry] : []))
      expect(ended.map(({ runId }) => runId)).toEqual(started.map(({ run }) => run.id))
      runs.push(...started.map(({ run }) => run.id))
    }
    // No run was executed twice, whichever processes thought that it was theirs.
    const executed = readFileSync(executions, 'utf8').trimEnd().split('\n')
    expect(executed.toSorted()).toEqual([...new Set(executed)].toSorted())
    const unknown = executed.filter((line) => !runs.includes(line.split(' ')[0]!))
    expect(unknown).toEqual([])
    // Every server says the same of the sessions, and so does the list of every device.
    for (const principal of ['ann', 'bob']) {
      const answers = deployment.urls.map((to) => open(sse, principal, to).rpc.activity.list({}))
      const [first, ...others] = (await Promise.all(answers)).map(({ rows }) => rows)
      for (const rows of others) expect(rows).toEqual(first)
      for (const { name, list } of devices) {
        if ((name === 'c') !== (principal === 'bob')) continue
        await expect.poll(() => list.getSnapshot().rows, { timeout: 10_000 }).toEqual(first)
      }
    }
    console.log(`Harms: ${JSON.stringify({ ...deployment.harms, ...harms, ...proxy.faults })}.`)
  },
  300_000,
)
