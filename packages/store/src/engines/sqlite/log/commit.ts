import type { Cursor, Event, EventOf, Message } from '@caughtup/schema'
import { changesActivity, isHistoryDraft } from '@caughtup/schema/event'

import { appendEvent, type Segment, segmentsAfter } from '../../../journal/segment.ts'
import { changedAt } from '../../../core/evolve.ts'
import { leaseAfter } from '../../../core/sessions/lease.ts'
import { decide } from '../../../core/decide.ts'
import { owedBy } from '../../../core/owed.ts'
import { runSync } from '../../../core/lookups.ts'
import type { SessionState } from '../../../core/types.ts'
import type { Slice, SliceResult } from '../../../port/commit.ts'
import type { Database } from '../file/database.ts'
import { noteErasure, redactLines } from './erase.ts'
import { foldEvent } from '../cache/fold-open.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import type { SessionCache } from '../cache/session-cache.ts'
import type { MessageRows } from '../rows/message-rows.ts'
import { isHeavy, packEntries, packHeavy } from './pack.ts'
import { writeOwed } from '../rows/owed-rows.ts'
import { writeQueueChange } from '../rows/queue-rows.ts'
import { encodeRecord } from '../rows/record-row.ts'

export interface CommitContext {
  db: Database
  cache: SessionCache
  messages: MessageRows
  process: string
  /** A random name for this opening of the database. Every entry that it writes has this tag. */
  tag: string
  /** See `CommitOptions`. */
  owes?: boolean
}

/**
 * What the transaction changes in one session. The cached session gets it only once the database
 * has committed, since a transaction that fails must change nothing.
 */
interface PendingSession {
  readonly cached: CachedSession
  state: SessionState
  readonly events: Event[]
  /** How many of `events` this transaction has packed too, with all entries before them. */
  packed: number | undefined
  /** Whether more than a message's text changed, so that the session's row must be written. */
  rowChanged: boolean
  /** Whether the session's row in the activity feed changed. */
  activity: boolean
  /**
   * Whether this process leads the session's run from now on. `nobody` does while the run waits;
   * `undefined` leaves it as it was.
   */
  lease: 'ours' | 'nobody' | undefined
}

/**
 * The fast path for a slice of one delta, the most frequent by far: its pending session is also
 * the slice's result. Applying the delta to its message is left to the first reader.
 */
class PendingDelta {
  readonly refused = undefined
  readonly activity = false
  readonly cached: CachedSession
  readonly event: EventOf<'message-delta'>
  readonly events: Event[]
  readonly #tag: string
  /**
   * The message after this delta. Set if another slice of the session follows in the same commit,
   * because the cached message then skips this state.
   */
  message: Message | undefined

  constructor(cached: CachedSession, event: EventOf<'message-delta'>, tag: string) {
    this.cached = cached
    this.event = event
    this.events = [event]
    this.#tag = tag
  }

  get cursor(): Cursor {
    return { journal: this.cached.journal, seq: this.event.seq, tag: this.#tag }
  }

  get messages(): Message[] {
    const message = this.message ?? this.cached.overlay.get(this.event.messageId)
    return message ? [message] : []
  }
}

/** Commits slices in one transaction, and changes the cached sessions once it has succeeded. */
export function commit(slices: readonly Slice[], context: CommitContext): SliceResult[] {
  const { db, cache, tag } = context
  const pending = new Map<string, PendingSession | PendingDelta>()
  const lines: string[] = []
  let logId = cache.lastLogId
  const results = db.transaction(() => {
    cache.notice()
    const decided = slices.map((slice) => decideSlice(slice, pending, lines, context))
    if (lines.length > 0) {
      const body = lines.join('\n')
      logId = db.run('INSERT INTO log (tag, body) VALUES (?, ?)', tag, body).lastId
    }
    pending.forEach((session) => {
      if (!(session instanceof PendingDelta) && session.rowChanged) writeRow(session, context)
    })
    return decided
  })
  if (lines.length > 0) cache.wrote(logId)
  const at = { tag, logId }
  const heavy: CachedSession[] = []
  pending.forEach((session) => {
    if (session instanceof PendingDelta) session.cached.appendDelta(session.event, at)
    else adopt(session, at)
    // Heavy: so many unpacked bytes that memory cannot wait for maintenance to pack them.
    if (isHeavy(session.cached)) heavy.push(session.cached)
  })
  packHeavy(heavy, context)
  cache.evict()
  return results
}

function decideSlice(
  slice: Slice,
  pending: Map<string, PendingSession | PendingDelta>,
  lines: string[],
  context: CommitContext,
): SliceResult {
  const { db, cache, messages, process, tag } = context
  const before = pending.get(slice.sessionId)
  const cached = before?.cached ?? cache.find(slice.sessionId)
  if (!cached) return { refused: 'session-missing' }
  const delta = before ? undefined : cached.singleDelta(slice)
  if (delta) {
    const session = new PendingDelta(cached, delta, tag)
    pending.set(slice.sessionId, session)
    lines.push(cached.entries.encode(delta))
    return session
  }
  const session = pendingSession(cached, before)
  pending.set(slice.sessionId, session)
  if (slice.drafts.some(isHistoryDraft)) packBeforeChange(session, context)
  const result = runSync(decide(session.state, slice), cached.rows)
  if (result.refused !== undefined) return result
  const owed = context.owes ? owedBy(cached, session.state.record, result) : []
  for (const hook of owed) {
    writeOwed(db, { session: cached.key, process }, { hook, attempts: 0, due: hook.at })
  }
  session.state = result.state
  for (const change of result.changes) {
    messages.apply(cached.key, change)
    if (change.change !== 'erase') continue
    noteErasure(db, cached.key, change.messageIds)
    redactLines(lines, cached.key, new Set(change.messageIds))
  }
  let activity = false
  for (const event of result.events) {
    lines.push(cached.entries.encode(event))
    session.events.push(event)
    if (event.type === 'message-delta') continue
    if (event.type === 'queue-changed') writeQueueChange(db, cached.key, event)
    session.rowChanged = true
    activity ||= changesActivity(event)
  }
  session.lease = leaseAfter(result.events, result.state.record) ?? session.lease
  session.activity ||= activity
  const newest = session.events.length > 0 ? tag : cached.tag
  const cursor = { journal: cached.journal, seq: result.state.record.seq, tag: newest }
  return { events: result.events, cursor, messages: result.messages, activity }
}

function pendingSession(
  cached: CachedSession,
  before: PendingSession | PendingDelta | undefined,
): PendingSession {
  if (before && !(before instanceof PendingDelta)) return before
  const session = {
    cached,
    packed: undefined,
    rowChanged: false,
    activity: false,
    lease: undefined,
  }
  if (!before)
    return { ...session, state: { record: cached.record, overlay: cached.overlay }, events: [] }
  const { event } = before
  const overlay = new Map(cached.overlay)
  foldEvent(overlay, event)
  before.message = overlay.get(event.messageId)
  return {
    ...session,
    state: { record: { ...cached.record, seq: event.seq }, overlay },
    events: [event],
  }
}

/**
 * Packs the session in this transaction: moves its entries to blocks, and its messages to rows. A
 * change of history needs that, since it changes the rows of earlier messages.
 */
function packBeforeChange(session: PendingSession, { db, messages, tag }: CommitContext): void {
  const { cached, state } = session
  const entries = [...cached.segments]
  const own: Segment[] = []
  for (const event of session.events) appendEvent(own, event, tag)
  entries.push(...own)
  const row = db.get('SELECT packed FROM sessions WHERE key = ?', cached.key)
  packEntries(db, cached.key, segmentsAfter(entries, Number(row?.['packed'])))
  for (const message of state.overlay.values()) messages.write(cached.key, message)
  session.state = { ...state, overlay: openOnly(state.overlay) }
  session.packed = session.events.length
  // Written here because the change may still be refused: the record must never be behind `packed`.
  db.run(
    'UPDATE sessions SET packed = ?, record = ?, tag = ? WHERE key = ?',
    state.record.seq,
    encodeRecord(state.record),
    session.events.length > 0 ? tag : cached.tag,
    cached.key,
  )
}

function writeRow(session: PendingSession, { db, cache, process, tag }: CommitContext): void {
  const { cached, events, lease } = session
  const { record } = session.state
  const isIdle = !record.run && record.queue.length === 0
  db.run(
    `UPDATE sessions SET record = ?, tag = ?, recency = ?, active = ?,
     updated_at = coalesce(?, updated_at),
     process = CASE ? WHEN 'ours' THEN ? WHEN 'nobody' THEN NULL ELSE process END,
     revision = coalesce(?, revision) WHERE key = ?`,
    encodeRecord(record),
    tag,
    record.recency,
    isIdle ? 0 : 1,
    changedAt(events) ?? null,
    lease ?? 'same',
    process,
    session.activity ? cache.nextRevision() : null,
    cached.key,
  )
}

function adopt(
  { cached, state, events, packed }: PendingSession,
  at: { tag: string; logId: number },
): void {
  if (events.length > 0) cached.own = true
  cached.append(events, at)
  cached.become(state)
  if (packed === undefined) return
  const first = events[packed]
  cached.markPacked((first?.seq ?? state.record.seq + 1) - 1)
  // The change may have erased text from earlier entries, so none of them stay in memory.
  cached.segments = segmentsAfter(cached.segments, cached.packed)
  if (cached.unpacked.entries > 0) cached.logId = at.logId
  cached.written.clear()
}

function openOnly(overlay: ReadonlyMap<string, Message>): Map<string, Message> {
  return new Map([...overlay].filter(([, { status }]) => status === 'open'))
}
