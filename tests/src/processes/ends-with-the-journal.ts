import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { ActivityRow, Event, Message } from '@caughtup/schema'
import { Random } from '@caughtup/schema/testing'
import { createStore, type Store } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import { createChatClient, sse, webSocket } from '@caughtup/web-client'
import { expect, onTestFinished } from 'vitest'

import { openFaultProxy } from '../support/fault-proxy.ts'
import type { ChatProcessOptions } from './chat-process-options.ts'
import { Deployment } from './deployment.ts'
import { Device, textOf } from './device.ts'
import { overdueRuns } from './looks.ts'

const isLong = process.env['CAUGHTUP_LONG'] !== undefined
const tokens = isLong ? 40 : 20
/** Messages that a client gets at least, if there are as many. */
const window = 100

/** A fixed seed, or that of a failure: `SEED=… vitest run …`. By command, `CAUGHTUP_LONG=1`, a new one. */
export const seeds = process.env['SEED']
  ? [Number(process.env['SEED'])]
  : [isLong ? Math.floor(Math.random() * 2 ** 31) : 1]

/** What is harmed besides the servers, by name. */
interface Harms {
  [name: string]: { weight: number; do: (random: Random) => Promise<void> | void }
}

export interface HarmedDeployment {
  seed: number
  /** Of each server. */
  each: readonly Omit<ChatProcessOptions, 'database' | 'executions' | 'looks' | 'lease'>[]
  database: { url: string; schema: string }
  harms: Harms
  /** How many of all harms are those of servers, of 1. */
  ofServers: number
  /** How many harms are done, and how many prompts each device sends to each session. */
  short: { rounds: number; prompts: number }
  long: { rounds: number; prompts: number }
  /** Called when there is no more harm, and everything has to become well. */
  heal?: () => Promise<void>
}

/** In ms: short, but longer than a busy machine delays a process. */
const lease = 1_500

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

/** How far a journal was when its row was read is no change of the row. */
function withoutHead(rows: readonly ActivityRow[]): Omit<ActivityRow, 'headSeq'>[] {
  return rows.map(({ headSeq: _, ...row }) => row)
}

/** Its messages, all of them. */
async function messagesOf(store: Store, sessionId: string): Promise<Message[]> {
  const { messages } = await store.window(sessionId)
  for (;;) {
    const before = messages[0]?.order
    if (before === undefined) return messages
    const page = await store.page(sessionId, { before, limit: 200 })
    messages.unshift(...page.messages)
    if (!page.hasOlder) return messages
  }
}

/**
 * Lets devices send and stop answers while servers and what they need are harmed, as the seed says, and then
 * compares every device with the journal.
 */
export async function endsWithTheJournal(options: HarmedDeployment): Promise<void> {
  const { seed, database, harms } = options
  const { rounds, prompts: promptsEach } = isLong ? options.long : options.short
  console.log(`Seed ${seed}.`)
  const random = new Random(seed)
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-processes-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const executions = path.join(folder, 'executions')
  const looks = path.join(folder, 'looks')
  const shared = { database, lease, heartbeat: 200, drain: 300, executions, looks }
  const each = options.each.map((own) => ({ ...shared, ...own }))
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

  const done: Record<string, number> = {}
  const weights = Object.fromEntries(
    Object.entries(harms).map(([name, { weight }]) => [name, weight]),
  )
  const harm = async () => {
    for (let round = 0; round < rounds; round++) {
      await setTimeout(random.between(200, 900))
      if (random.chance(options.ofServers)) {
        deployment.harm()
        continue
      }
      const undone = Object.keys(harms).filter((each) => !(each in done))
      // Each once before any comes twice.
      const name = undone.length > 0 ? random.pick(undone) : random.weighted(weights)
      done[name] = (done[name] ?? 0) + 1
      await harms[name]?.do(random)
    }
    await deployment.well()
    await options.heal?.()
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
  expect(deployment.crashes).toEqual([])
  proxy.calm()
  const patience = 60_000
  await expect
    .poll(() => devices.filter(({ isSettled }) => !isSettled).map(({ name }) => name), {
      timeout: patience,
    })
    .toEqual([])

  const store = await createStore({ storage: postgres(database) })
  onTestFinished(() => store.close())
  const runs: string[] = []
  for (const [index, sessionId] of sessionIds.entries()) {
    const messages = await messagesOf(store, sessionId)
    for (const device of devices) {
      const shown = device.views[index]!.getSnapshot().messages
      // A client that had to begin anew has the newest ones.
      expect(shown.length).toBeGreaterThanOrEqual(Math.min(window, messages.length))
      const newest = messages.slice(-shown.length)
      expect({ name: device.name, messages: shown }).toEqual({
        name: device.name,
        messages: newest,
      })
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
  // Whose server was gone had an end soon.
  const { overdue, dead } = overdueRuns(looks, lease)
  expect(overdue).toEqual([])
  // Every server says the same of the sessions, and so does the list of every device.
  for (const principal of ['ann', 'bob']) {
    const answers = deployment.urls.map((to) => open(sse, principal, to).rpc.activity.list({}))
    const [first, ...others] = (await Promise.all(answers)).map(({ rows }) => rows)
    for (const rows of others) expect(rows).toEqual(first)
    for (const { name, list } of devices) {
      if ((name === 'c') !== (principal === 'bob')) continue
      const shown = () => withoutHead(list.getSnapshot().rows)
      await expect.poll(shown, { timeout: 10_000 }).toEqual(withoutHead(first ?? []))
    }
  }
  const harmed = { ...deployment.harms, ...done, ...proxy.faults, deadRuns: dead.length }
  console.log(`Harms: ${JSON.stringify(harmed)}.`)
}
