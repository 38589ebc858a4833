import assert from 'node:assert/strict'

import type { Event, Message } from '@caughtup/schema'
import { emptyView } from '@caughtup/schema/fold'

import { assertSameView } from '../model/assert-same-view.ts'
import { everyEvent, everyMessage } from '../model/everything.ts'
import { foldAll, viewOf } from '../../src/conformance/support/views.ts'
import type { Store } from '../../src/store.ts'
import type { Client } from './inhabitants/client.ts'
import { assertSameEntry, type Writing } from './world/ledger.ts'
import type { ListClient } from './inhabitants/list-client.ts'
import { textOf } from './inhabitants/turn.ts'
import { lease, type World } from './world/world.ts'

/** How many ms of a process's silence may be delays of the database. */
const slack = 150

/** Compares the final state with everything that anybody was told. */
export async function verify(
  world: World,
  { clients, lists }: { clients: readonly Client[]; lists: readonly ListClient[] },
): Promise<void> {
  const stores = world.hosts.flatMap(({ host }) => host.current?.store ?? [])
  const [store] = stores
  assert(store, 'Somebody is there in the end.')
  const { sessions } = await store.sessions.list('me', { limit: 100 })
  for (const sessionId of world.sessions) {
    assert(
      sessions.some(({ id }) => id === sessionId),
      `${sessionId} is not there.`,
    )
  }
  for (const { id } of sessions) await verifySession(world, stores, id, clients)
  const { rows } = await store.activity.list('me', { limit: 100 })
  for (const list of lists) assert.deepEqual(stable(list.rows), stable(rows), 'A list is stale.')
}

async function verifySession(
  world: World,
  stores: readonly Store[],
  sessionId: string,
  clients: readonly Client[],
): Promise<void> {
  const [store, ...others] = stores
  assert(store)
  const window = await store.window(sessionId)
  for (const other of others) {
    assert.deepEqual(await other.window(sessionId), window, `${sessionId}: processes differ.`)
  }
  const { floor } = await store.journal.summary(sessionId)
  const events = await everyEvent(store, sessionId, floor)
  assert.equal(events.at(-1)?.seq ?? floor, window.head.seq, `${sessionId}: the head.`)
  verifyEntries(world, sessionId, { events, floor })
  if (floor === 0) verifyRuns(world, sessionId, events)
  const messages = await everyMessage(store, sessionId, window)
  for (const writing of world.ledger.writings.values()) {
    if (writing.sessionId === sessionId) verifyWriting(world, writing, { messages, events, floor })
  }
  const foreign = messages.map(textOf).filter((text) => text.startsWith('foreign-'))
  assert.equal(new Set(foreign).size, foreign.length, `${sessionId}: a foreign row came twice.`)
  const fresh = viewOf(window)
  for (const { sessionId: id, view, name } of clients) {
    // Messages of a session whose deletion failed were not awaited.
    if (id !== sessionId || !world.sessions.includes(id)) continue
    if (view) assertSameView(view, fresh, name)
  }
  const view = floor === 0 ? foldAll(emptyView, events) : undefined
  if (view) assertSameView(view, fresh, `${sessionId} from its beginning`)
}

/** Every entry that anybody saw exists unchanged. */
function verifyEntries(
  { ledger }: World,
  sessionId: string,
  { events, floor }: { events: readonly Event[]; floor: number },
): void {
  const bySeq = new Map<number, Event>()
  for (const event of events) {
    for (let seq = event.from; seq <= event.seq; seq++) bySeq.set(seq, event)
  }
  for (const [seq, told] of ledger.entries.get(sessionId) ?? []) {
    const event = bySeq.get(seq)
    if (event) assertSameEntry(sessionId, told, event)
    else assert(seq <= floor, `${sessionId}: ${told.type} ${seq} was shown and is not there.`)
  }
}

/** Runs start and end in turns, each once, and are lost only if their process was silent. */
function verifyRuns(world: World, sessionId: string, events: readonly Event[]): void {
  const { ledger } = world
  let running: { id: string; waits: boolean } | undefined
  const started = new Set<string>()
  for (const event of events) {
    if (event.type === 'run-started') {
      const { id } = event.run
      assert(!running, `${sessionId}: ${id} starts while another runs.`)
      assert(!started.has(id), `${sessionId}: ${id} starts twice.`)
      started.add(id)
      running = { id, waits: false }
    } else if (event.type === 'run-changed') {
      const waits = event.status === 'waiting'
      assert(running?.id === event.runId && running.waits !== waits, `${event.runId} changes.`)
      running = { id: event.runId, waits }
    } else if (event.type === 'run-ended') {
      assert.equal(running?.id, event.runId, `${sessionId}: ${event.runId} ends and does not run.`)
      if (event.reason === 'lost') verifyLost(world, event.runId, running)
      running = undefined
    } else if (event.type === 'message-created' || event.type === 'message-finished') {
      const { runId = running?.id } = event
      assert.equal(
        runId,
        running?.id,
        `${sessionId}: ${runId} is over, and goes on at ${event.seq}.`,
      )
    }
  }
  assert(!running, `${sessionId}: ${running?.id} never ends.`)
  for (const prompt of ledger.prompts) {
    if (prompt.sessionId !== sessionId) continue
    assert(started.has(prompt.runId), `${prompt.runId} waited and never started.`)
  }
}

function verifyLost(
  { ledger, silences }: World,
  runId: string,
  running: { waits: boolean } | undefined,
): void {
  assert(!running?.waits, `${runId} waits for a person, and is lost.`)
  // A process that died before it could report its run is unknown.
  const holder = ledger.holders.get(runId)
  if (holder === undefined) return
  const silence = silences.get(holder) ?? 0
  assert(silence >= lease - slack, `${runId} is lost, and ${holder} lived.`)
}

/** Acknowledged text exists unless it was removed, and no text exists that was not given. */
function verifyWriting(
  { ledger }: World,
  { sessionId, messageId, produced, acknowledged }: Writing,
  found: { messages: readonly Message[]; events: readonly Event[]; floor: number },
): void {
  const message = found.messages.find(({ id }) => id === messageId)
  if (message) {
    const text = textOf(message)
    if (text.startsWith('edit-')) return
    assert(text.startsWith(acknowledged), `${messageId} lost acknowledged text.`)
    assert(produced.startsWith(text), `${messageId} has text that nobody wrote there.`)
  } else if (acknowledged !== '' && found.floor === 0) {
    const known = [...(ledger.entries.get(sessionId)?.values() ?? []), ...found.events]
    const created = known.find(
      (event) => event.type === 'message-created' && event.message.id === messageId,
    )
    const order = created?.type === 'message-created' ? created.message.order : 0
    const removed = found.events.some((event) => removes(event, messageId, order))
    assert(removed, `${messageId} was acknowledged and is not there.`)
  }
}

function removes(event: Event, messageId: string, order: number): boolean {
  if (event.type === 'history-truncated') return event.after < order
  if (event.type === 'message-erased') return event.messageIds.includes(messageId)
  return event.type === 'message-deleted' && event.messageId === messageId
}

/** Rows by session, with the head at the moment of the read. */
function stable(rows: readonly { sessionId: string; headSeq: number }[]): unknown[] {
  const bare = rows.map(({ headSeq: _, ...row }) => row)
  return bare.sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1))
}
