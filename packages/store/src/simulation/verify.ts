import assert from 'node:assert/strict'

import type { Event, Message } from '@caughtup/schema'

import { assertSameView } from '../model/assert-same-view.ts'
import { viewOf } from '../model/view-of.ts'
import type { Store } from '../store.ts'
import type { Client } from './client.ts'
import { assertSameEntry, type Writing } from './ledger.ts'
import { lease, type World } from './world.ts'

/** How much later than its last visible beat a process may seem silent: the database's delays. */
const slack = 300

/** Holds what is there in the end against everything that anybody was told. */
export async function verify(world: World, clients: readonly Client[]): Promise<void> {
  const stores = world.hosts.flatMap(({ host }) => host.current?.store ?? [])
  const [store] = stores
  assert(store, 'Somebody is there in the end.')
  for (const sessionId of world.sessions) {
    const window = await store.window(sessionId)
    for (const other of stores) {
      assert.deepEqual(await other.window(sessionId), window, `${sessionId}: processes differ.`)
    }
    const events = await journal(store, sessionId)
    verifyEntries(world, sessionId, events, window.head.seq)
    verifyRuns(world, sessionId, events)
    const messages = await everyMessage(store, sessionId)
    for (const writing of world.ledger.writings.values()) {
      if (writing.sessionId === sessionId) verifyWriting(world, writing, messages)
    }
    for (const client of clients) {
      if (client.sessionId !== sessionId || !client.view) continue
      assertSameView(client.view, viewOf(window), client.name)
    }
  }
}

/** Every entry by itself; contiguous. */
async function journal(store: Store, sessionId: string): Promise<Event[]> {
  const events: Event[] = []
  for (let after = 0; ;) {
    const batch = await store.events(sessionId, after, { bytes: 1 })
    for (const event of batch.events) {
      assert.equal(event.from, after + 1, `${sessionId} has a hole after ${after}.`)
      after = event.seq
      events.push(event)
    }
    if (batch.complete) return events
  }
}

function verifyEntries(
  { ledger }: World,
  sessionId: string,
  events: readonly Event[],
  head: number,
): void {
  const bySeq = new Map(events.map((event) => [event.seq, event]))
  assert.equal(events.at(-1)?.seq ?? 0, head, `${sessionId}: the journal ends at its head.`)
  for (const [seq, told] of ledger.entries.get(sessionId) ?? []) {
    const event = bySeq.get(seq)
    assert(event, `${sessionId}: seq ${seq} (${told.type}) was acknowledged and is not there.`)
    assertSameEntry(sessionId, told, event)
  }
}

/** Runs start and end in turns, each once, and as lost only where their process was silent. */
function verifyRuns({ ledger }: World, sessionId: string, events: readonly Event[]): void {
  let running: string | undefined
  const started = new Set<string>()
  for (const event of events) {
    if (event.type === 'run-started') {
      assert.equal(running, undefined, `${sessionId}: ${event.run.id} starts while another runs.`)
      assert(!started.has(event.run.id), `${sessionId}: ${event.run.id} starts twice.`)
      started.add(event.run.id)
      running = event.run.id
    } else if (event.type === 'run-ended') {
      assert.equal(running, event.runId, `${sessionId}: ${event.runId} ends and does not run.`)
      running = undefined
      if (event.reason !== 'lost') continue
      const { process = '' } = ledger.runs.get(event.runId) ?? {}
      const silence = ledger.silences.get(process) ?? Number.POSITIVE_INFINITY
      assert(silence >= lease - slack, `${event.runId} is lost, and ${process} lived.`)
    }
  }
  assert.equal(running, undefined, `${sessionId}: ${running ?? ''} never ends.`)
  for (const { runId, sessionId: of } of ledger.prompts) {
    if (of === sessionId) assert(started.has(runId), `${runId} waited and never started.`)
  }
}

/** The window and all pages: each message once, oldest first. */
async function everyMessage(store: Store, sessionId: string): Promise<Message[]> {
  const window = await store.window(sessionId)
  const messages = [...window.messages]
  let before = messages[0]?.order ?? Number.MAX_SAFE_INTEGER
  for (;;) {
    const page = await store.page(sessionId, { before })
    messages.unshift(...page.messages)
    if (page.nextCursor === null) break
    before = page.nextCursor.before
  }
  const orders = messages.map(({ order }) => order)
  assert.deepEqual(
    orders,
    [...new Set(orders)].sort((a, b) => a - b),
    `${sessionId}: pages overlap.`,
  )
  return messages
}

/** What was acknowledged is there, and nothing that was not given. */
function verifyWriting({ ledger }: World, writing: Writing, messages: readonly Message[]): void {
  const { messageId, produced, acknowledged } = writing
  if (ledger.edited.has(messageId)) return
  const message = messages.find(({ id }) => id === messageId)
  if (!message) {
    assert.equal(acknowledged, '', `${messageId} was acknowledged and is not there.`)
    return
  }
  const text = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  assert(text.startsWith(acknowledged), `${messageId} lost acknowledged text.`)
  assert(produced.startsWith(text), `${messageId} has text that nobody wrote there.`)
}
