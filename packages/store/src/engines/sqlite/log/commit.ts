import type { Cursor, Event, EventOf, Message } from '@caughtup/schema'
import { changesActivity, isHistoryDraft } from '@caughtup/schema/event'

import { appendEvent, type Segment, segmentsAfter } from '../../../journal/segment.ts'
import { changedAt } from '../../../core/evolve.ts'
import { leaseAfter } from '../../../core/lease.ts'
import { decide } from '../../../core/decide.ts'
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
import { writeQueueChange } from '../rows/queue-rows.ts'
import { encodeRecord } from '../rows/record-row.ts'

export interface CommitContext {
  db: Database
  cache: SessionCache
  messages: MessageRows
  process: string
  /** The tag of all that this opening of the database writes. */
  tag: string
}

/** A session's next state while its transaction is not committed. */
interface Stage {
  readonly cached: CachedSession
  state: SessionState
  readonly events: Event[]
  /** How many of the events are packed in this very transaction, with all that came before. */
  packed: number | undefined
  /** Whether more than text changed, so that the session's row is written. */
  rowChanged: boolean
  /** Whether its activity row changed. */
  activity: boolean
  /** Who holds the lease after a run that started, resumed or waits. */
  lease: 'ours' | 'nobody' | undefined
}

/**
 * Fast path: a slice with a single delta, which most are. Also serves as its result. The message is
 * folded only when it is read.
 */
class Delta {
  readonly refused = undefined
  readonly activity = false
  readonly cached: CachedSession
  readonly event: EventOf<'message-delta'>
  readonly events: Event[]
  readonly #tag: string
  /** The message as it is after it, where more of the session follows in the same commit. */
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

/** Writes slices in one transaction. Memory follows only when the database has it. */
export function commit(slices: readonly Slice[], context: CommitContext): SliceResult[] {
  const { db, cache, tag } = context
  const stages = new Map<string, Stage | Delta>()
  const lines: string[] = []
  let logId = cache.lastLogId
  const results = db.transaction(() => {
    cache.notice()
    const decided = slices.map((slice) => decideSlice(slice, stages, lines, context))
    if (lines.length > 0) {
      const body = lines.join('\n')
      logId = db.run('INSERT INTO log (tag, body) VALUES (?, ?)', tag, body).lastId
    }
    stages.forEach((stage) => {
      if (!(stage instanceof Delta) && stage.rowChanged) writeRow(stage, context)
    })
    return decided
  })
  if (lines.length > 0) cache.wrote(logId)
  const at = { tag, logId }
  const heavy: CachedSession[] = []
  stages.forEach((stage) => {
    if (stage instanceof Delta) stage.cached.appendDelta(stage.event, at)
    else adopt(stage, at)
    if (isHeavy(stage.cached)) heavy.push(stage.cached)
  })
  packHeavy(heavy, context)
  cache.evict()
  return results
}

function decideSlice(
  slice: Slice,
  stages: Map<string, Stage | Delta>,
  lines: string[],
  context: CommitContext,
): SliceResult {
  const { db, cache, messages, tag } = context
  const before = stages.get(slice.sessionId)
  const cached = before?.cached ?? cache.find(slice.sessionId)
  if (!cached) return { refused: 'session-missing' }
  const delta = before ? undefined : cached.singleDelta(slice)
  if (delta) {
    const stage = new Delta(cached, delta, tag)
    stages.set(slice.sessionId, stage)
    lines.push(cached.entries.encode(delta))
    return stage
  }
  const stage = open(cached, before)
  stages.set(slice.sessionId, stage)
  if (slice.drafts.some(isHistoryDraft)) packStage(stage, context)
  const result = runSync(decide(stage.state, slice), cached.rows)
  if (result.refused !== undefined) return result
  stage.state = result.state
  for (const change of result.changes) {
    messages.apply(cached.key, change)
    if (change.change !== 'erase') continue
    noteErasure(db, cached.key, change.messageIds)
    redactLines(lines, cached.key, new Set(change.messageIds))
  }
  let activity = false
  for (const event of result.events) {
    lines.push(cached.entries.encode(event))
    stage.events.push(event)
    if (event.type === 'message-delta') continue
    if (event.type === 'queue-changed') writeQueueChange(db, cached.key, event)
    stage.rowChanged = true
    activity ||= changesActivity(event)
  }
  stage.lease = leaseAfter(result.events, result.state.record) ?? stage.lease
  stage.activity ||= activity
  const newest = stage.events.length > 0 ? tag : cached.tag
  const cursor = { journal: cached.journal, seq: result.state.record.seq, tag: newest }
  return { events: result.events, cursor, messages: result.messages, activity }
}

function open(cached: CachedSession, before: Stage | Delta | undefined): Stage {
  if (before && !(before instanceof Delta)) return before
  const stage = { cached, packed: undefined, rowChanged: false, activity: false, lease: undefined }
  if (!before)
    return { ...stage, state: { record: cached.record, overlay: cached.overlay }, events: [] }
  const { event } = before
  const overlay = new Map(cached.overlay)
  foldEvent(overlay, event)
  before.message = overlay.get(event.messageId)
  return {
    ...stage,
    state: { record: { ...cached.record, seq: event.seq }, overlay },
    events: [event],
  }
}

/** A change of history acts on rows: everything before it is packed. */
function packStage(stage: Stage, { db, messages, tag }: CommitContext): void {
  const { cached, state } = stage
  const entries = [...cached.segments]
  const own: Segment[] = []
  for (const event of stage.events) appendEvent(own, event, tag)
  entries.push(...own)
  const row = db.get('SELECT packed FROM sessions WHERE key = ?', cached.key)
  packEntries(db, cached.key, segmentsAfter(entries, Number(row?.['packed'])))
  for (const message of state.overlay.values()) messages.write(cached.key, message)
  stage.state = { ...state, overlay: openOnly(state.overlay) }
  stage.packed = stage.events.length
  // Also where the change is refused afterwards: what is packed is never ahead of the record.
  db.run(
    'UPDATE sessions SET packed = ?, record = ?, tag = ? WHERE key = ?',
    state.record.seq,
    encodeRecord(state.record),
    stage.events.length > 0 ? tag : cached.tag,
    cached.key,
  )
}

function writeRow(stage: Stage, { db, cache, process, tag }: CommitContext): void {
  const { cached, events, lease } = stage
  const { record } = stage.state
  const rests = !record.run && record.queue.length === 0
  db.run(
    `UPDATE sessions SET record = ?, tag = ?, recency = ?, active = ?,
     updated_at = coalesce(?, updated_at),
     process = CASE ? WHEN 'ours' THEN ? WHEN 'nobody' THEN NULL ELSE process END,
     revision = coalesce(?, revision) WHERE key = ?`,
    encodeRecord(record),
    tag,
    record.recency,
    rests ? 0 : 1,
    changedAt(events) ?? null,
    lease ?? 'same',
    process,
    stage.activity ? cache.nextRevision() : null,
    cached.key,
  )
}

function adopt({ cached, state, events, packed }: Stage, at: { tag: string; logId: number }): void {
  if (events.length > 0) cached.own = true
  cached.append(events, at)
  cached.become(state)
  if (packed === undefined) return
  const first = events[packed]
  cached.markPacked((first?.seq ?? state.record.seq + 1) - 1)
  // Nothing of before stays in memory: it may have been erased.
  cached.segments = segmentsAfter(cached.segments, cached.packed)
  if (cached.unpacked.entries > 0) cached.logId = at.logId
  cached.written.clear()
}

function openOnly(overlay: ReadonlyMap<string, Message>): Map<string, Message> {
  return new Map([...overlay].filter(([, { status }]) => status === 'open'))
}
