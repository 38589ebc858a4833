import assert from 'node:assert/strict'

import type { Event, Message, Session } from '@caughtup/schema'
import { emptyView } from '@caughtup/schema/fold'

import { assertSameView } from '../../model/assert-same-view.ts'
import { everyEvent, everyMessage } from '../../model/everything.ts'
import { foldAll, viewOf } from '../../../src/conformance/support/views.ts'
import type { Store } from '../../../src/store.ts'
import type { Client } from '../inhabitants/client.ts'
import { assertSameEntry, type Writing } from '../world/ledger.ts'
import type { ListClient } from '../inhabitants/list-client.ts'
import { textOf } from '../agents/turn.ts'
import { guests, owner } from '../world/membership.ts'
import type { World } from '../world/world.ts'
import { verifyAnswers, verifyCalls } from './verify-calls.ts'
import { verifyHooks } from './verify-hooks.ts'
import { verifyQueue } from './verify-queue.ts'
import { verifyRuns } from './verify-runs.ts'

/** Compares the final state with everything that anybody was told. */
export async function verify(
  world: World,
  { clients, lists }: { clients: readonly Client[]; lists: readonly ListClient[] },
): Promise<void> {
  const stores = world.hosts.flatMap(({ host }) => host.current?.store ?? [])
  const [store] = stores
  assert(store, 'Somebody is there in the end.')
  const { sessions } = await store.sessions.list(owner, { limit: 100 })
  for (const sessionId of world.sessions) {
    assert(
      sessions.some(({ id }) => id === sessionId),
      `${sessionId} is not there.`,
    )
  }
  for (const { id } of sessions) await verifySession(world, stores, id, clients)
  await verifyMembers(store, sessions)
  for (const { principal, rows: shown } of lists) {
    const { rows } = await store.activity.list(principal, { limit: 100 })
    assert.deepEqual(stable(shown), stable(rows), `A list of ${principal} is stale.`)
  }
}

/** Lists have the sessions of which a principal is a member, and no others. */
async function verifyMembers(store: Store, sessions: readonly Session[]): Promise<void> {
  const members = new Map<string, readonly string[]>()
  for (const { id } of sessions) members.set(id, await store.sessions.members(id))
  for (const guest of guests) {
    const expected = sessions.filter(({ id }) => members.get(id)?.includes(guest))
    const listed = await store.sessions.list(guest, { limit: 100 })
    const { rows } = await store.activity.list(guest, { limit: 100 })
    const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id).toSorted()
    assert.deepEqual(ids(listed.sessions), ids(expected), `The sessions of ${guest}.`)
    assert.deepEqual(rows.map(({ sessionId }) => sessionId).toSorted(), ids(expected))
  }
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
  const members = await store.sessions.members(sessionId)
  if (floor === 0) {
    verifyRuns(world, sessionId, events)
    verifyCalls(sessionId, events)
    verifyQueue(world, sessionId, events, members)
  }
  verifyHooks(world.ledger, { sessionId, journal: window.cursor.journal, floor }, events)
  const messages = await everyMessage(store, sessionId, window)
  for (const writing of world.ledger.writings.values()) {
    if (writing.sessionId === sessionId) verifyWriting(world, writing, { messages, events, floor })
  }
  verifyAnswers(world.ledger, messages)
  const foreign = messages.map(textOf).filter((text) => text.startsWith('foreign-'))
  assert.equal(new Set(foreign).size, foreign.length, `${sessionId}: a foreign row came twice.`)
  const fresh = viewOf(window)
  for (const { sessionId: id, principal, view, name } of clients) {
    // Messages of a session whose deletion failed were not awaited.
    if (id !== sessionId || !world.sessions.includes(id)) continue
    if (view) assertSameView(view, fresh, name)
    assert(!view || members.includes(principal), `${name} shows ${id} to ${principal}.`)
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
