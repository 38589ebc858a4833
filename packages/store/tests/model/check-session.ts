import assert from 'node:assert/strict'

import type { Event, Message } from '@caughtup/schema'
import { emptyView, type View } from '@caughtup/schema/fold'

import { readBatch } from '../../src/core/reading/read-events.ts'
import { foldAll, viewOf } from '../../src/conformance/support/views.ts'
import type { Window } from '../../src/port/reading.ts'
import type { Storage } from '../../src/port/storage.ts'
import type { Store } from '../../src/store.ts'
import { assertSameView } from './assert-same-view.ts'
import { everyEvent, everyMessage } from './everything.ts'
import type { OracleSession } from './oracle/oracle-session.ts'

export interface Checked {
  id: string
  oracle: OracleSession
  /** Windows that were loaded earlier. */
  snapshots: readonly View[]
  /** The words of each message, and the erased words. */
  words: ReadonlyMap<string, readonly string[]>
  erased: readonly string[]
}

/** Compares every read of a session with its oracle, and the reads with each other. */
export async function checkSession(
  store: Store,
  storage: Storage,
  { id, oracle, snapshots, words, erased }: Checked,
): Promise<void> {
  const window = await store.window(id)
  checkWindow(window, oracle, store.limits.windowMessages)
  const messages = await everyMessage(store, id, window)
  assert.deepEqual(messages.map(withoutRevision), oracle.messages, `${id}: all pages`)
  const { floor } = await store.journal.summary(id)
  const events = await everyEvent(store, id, floor)
  assert.equal(events.at(-1)?.seq ?? floor, window.head.seq, `${id}: the head`)
  checkRevisions(messages, events, floor)
  checkErased(erased, [messages, events])
  await checkSearch(store, id, oracle, words)
  await checkVersions(store, id, oracle)
  const fresh = viewOf(window)
  for (const snapshot of [...snapshots, ...views(events, floor, snapshots)]) {
    if (snapshot.seq < floor) continue
    const rest = await readBatch(storage, id, snapshot.seq, { bytes: 1e9 })
    const view = foldAll(snapshot, rest.events)
    if (view) assertSameView(view, fresh, `${id} from ${snapshot.seq}`)
  }
}

function checkWindow({ messages, head, hasOlder }: Window, oracle: OracleSession, cap: number) {
  const { active } = oracle.runs
  const newest = oracle.messages.filter(({ epoch }) => epoch === oracle.epoch).slice(-cap)
  assert.deepEqual(messages.map(withoutRevision), newest, 'the window')
  assert.deepEqual(
    {
      epoch: head.epoch,
      run: head.run && [head.run.id, head.run.status, head.run.attempt ?? 1],
      queue: head.queue,
      usage: head.usage,
      contextUsage: head.contextUsage,
      canUndo: head.canUndo,
      canRedo: head.canRedo,
      next: head.next,
      hasOlder,
    },
    {
      epoch: oracle.epoch,
      run: active && [active.id, active.status, active.attempt],
      queue: oracle.queue,
      usage: oracle.usage,
      contextUsage: oracle.contextUsage,
      canUndo: oracle.canUndo,
      canRedo: oracle.canRedo,
      next: oracle.next,
      hasOlder: oracle.messages.length > newest.length,
    },
    'the head',
  )
}

/** A message's revision is the seq of the newest entry about it. */
function checkRevisions(messages: readonly Message[], events: readonly Event[], floor: number) {
  for (const message of messages) {
    const last = events.findLast((event) => concerns(event, message))
    if (last) assert.equal(message.revision, last.seq, `revision of ${message.id}`)
    else assert(message.revision <= floor, `${message.id} has a revision that says nothing of it.`)
  }
}

/** No read has an erased word. */
function checkErased(words: readonly string[], everything: unknown): void {
  const text = words.length > 0 ? JSON.stringify(everything) : ''
  for (const word of words) assert(!text.includes(word), `${word} was erased, and is there.`)
}

/** Each word of the newest messages finds only the message that has it now. */
async function checkSearch(
  store: Store,
  sessionId: string,
  { messages }: OracleSession,
  words: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  for (const [messageId, [word]] of [...words].slice(-3)) {
    if (word === undefined) continue
    const hits = await store.history.search({ text: word, in: { sessionId } })
    const holder = messages.find(({ id }) => id === messageId)
    const text = JSON.stringify(holder?.parts.filter(({ type }) => type === 'text') ?? [])
    const isFound = holder?.status === 'done' && text.includes(word)
    assert.deepEqual(
      hits.map((hit) => hit.messageId),
      isFound ? [messageId] : [],
      `search ${word}`,
    )
  }
}

/** The versions of the newest messages are those of the oracle. */
async function checkVersions(store: Store, id: string, oracle: OracleSession): Promise<void> {
  for (const { id: messageId, order } of oracle.messages.slice(-3)) {
    if (order <= oracle.epochStart) continue
    const versions = await store.history.versions(id, messageId)
    assert.deepEqual(
      versions.map(({ message }) => message.id),
      oracle.versions(messageId),
      `versions at ${messageId}`,
    )
    assert.equal(versions.find(({ shown }) => shown)?.message.id, messageId)
  }
}

function concerns(event: Event, { id, order }: Message): boolean {
  switch (event.type) {
    case 'message-created':
    case 'message-replaced':
      return event.message.id === id
    case 'message-delta':
    case 'message-finished':
      return event.messageId === id
    case 'boundary':
      return event.summary?.id === id
    case 'history-restored':
      return event.messages?.some((each) => each.id === id && each.revision === event.seq) ?? false
    case 'imported':
    case 'forked':
      return event.first <= order && order <= event.last
    case 'message-deleted':
    case 'message-erased':
      return event.marks?.some(({ messageId }) => messageId === id) ?? false
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'queue-changed':
    case 'usage':
    case 'history-truncated':
    case 'redacted':
    case 'unreadable':
      return false
  }
}

/** The view at every cut that the journal reaches, from its beginning and from snapshots. */
function views(events: readonly Event[], floor: number, snapshots: readonly View[]): View[] {
  const found: View[] = []
  let view: View | undefined = floor === 0 ? emptyView : undefined
  for (const event of events) {
    if (view) found.push(view)
    view &&= foldAll(view, [event])
    view ??= snapshots.find(({ seq }) => seq === event.seq)
  }
  return found
}

function withoutRevision({ revision: _, ...message }: Message): Omit<Message, 'revision'> {
  return message
}
