import type { Event, Message } from '@caughtup/schema'
import { applyToMessage } from '@caughtup/schema/fold'

import { appendEvent, cut, indexAfter, type Segment, sizeOf } from '../journal/segment.ts'
import { applyToRecord, type SessionRecord } from '../session-record.ts'
import type { MessageRows, SessionState } from '../stage.ts'
import { standIn } from './block-codec.ts'

/** What the engine holds of a session in memory: its state, and its journal's newest stretch. */
export interface LiveSession extends SessionState {
  /** Its row in `sessions`. */
  readonly key: number
  readonly id: string
  readonly journal: string
  record: SessionRecord
  /** Of who wrote `record.seq`. */
  tag: string
  /** Messages that are newer than their rows, and every open one, by id. */
  overlay: Map<string, Message>
  /** What commits look up in its rows. */
  readonly rows: MessageRows
  /** The newest entries, without a hole: all that are not packed, and some that are. */
  segments: Segment[]
  /** Blocks and rows hold the journal up to this seq, as far as this process knows. */
  packed: number
  /** Entries and bytes after `packed`. */
  unpacked: { entries: number; bytes: number }
  /** The first row of the log that has an entry after `packed`. */
  logId: number | undefined
  /** Length of open messages' JSON when they were last written to their rows, by id. */
  readonly written: Map<string, number>
  /** Whether this process wrote what is not packed. */
  own: boolean
}

/** Entries that wait in the log for a session that is not in memory. */
export interface Tail {
  segments: Segment[]
  logId: number
}

/** Puts events that are committed behind the others. */
export function append(
  live: LiveSession,
  events: readonly Event[],
  { tag, logId }: { tag: string; logId: number },
): void {
  // A commit that was refused wrote nothing: the newest entry is still another's.
  if (events.length === 0) return
  for (const event of events) {
    appendEvent(live.segments, event, tag)
    live.unpacked.bytes += entryBytes(event)
    live.unpacked.entries++
  }
  live.logId ??= logId
  live.tag = tag
}

/** Forgets what is packed up to `seq` but for the newest stretch, so that followers need no block. */
export function markPacked(live: LiveSession, seq: number): void {
  live.packed = Math.max(live.packed, seq)
  const rest = live.segments.slice(indexAfter(live.segments, live.packed))
  live.unpacked = { entries: live.record.seq - live.packed, bytes: sum(rest) }
  if (live.unpacked.entries <= 0) live.logId = undefined
  let recent = 0
  const last = live.segments.findLastIndex(
    (segment) => segment.seq <= live.packed && (recent += sizeOf(segment)) > recentBytes,
  )
  if (last >= 0) live.segments.splice(0, last + 1)
}

/**
 * Rebuilds the state of a session from what was packed (its row, its open messages, the blocks
 * after the oldest of those) and the log's entries. A row may be newer than `packed`: its revision
 * says what it has. What is missing between them leaves a stand-in.
 */
export function recover(
  base: Pick<LiveSession, 'key' | 'id' | 'journal' | 'record' | 'tag' | 'packed' | 'rows'>,
  open: readonly Message[],
  older: readonly Segment[],
  tail: Tail | undefined,
): LiveSession {
  let { record, tag } = base
  const overlay = new Map(open.map((message) => [message.id, message]))
  for (const segment of older) foldOpen(overlay, segment)
  const segments: Segment[] = []
  let next = base.packed + 1
  for (const segment of tail?.segments ?? []) {
    if (segment.seq < next) continue
    if (segment.from > next) segments.push(standIn(next, segment.from - 1))
    segments.push(segment)
    next = segment.seq + 1
  }
  if (record.seq >= next) segments.push(standIn(next, record.seq))
  for (const segment of segments) {
    foldOpen(overlay, segment)
    if (segment.seq > record.seq) {
      record = applyToRecord(
        record,
        cut(segment, Math.max(segment.from, record.seq + 1), segment.seq),
      )
      tag = segment.tag
    }
  }
  const written = new Map(open.map((message) => [message.id, JSON.stringify(message).length]))
  const entries = record.seq - base.packed
  return {
    ...base,
    record,
    tag,
    overlay,
    segments,
    unpacked: { entries, bytes: sum(segments) },
    logId: entries > 0 ? tail?.logId : undefined,
    written,
    own: false,
  }
}

/** Folds a segment into the messages that it makes or streams into, as far as they lack it. */
function foldOpen(overlay: Map<string, Message>, segment: Segment): void {
  if (segment.kind === 'single') {
    foldEvent(overlay, segment.event)
    return
  }
  const message = overlay.get(segment.messageId)
  if (!message || message.revision >= segment.seq) return
  const from = Math.max(segment.from, message.revision + 1)
  foldEvent(overlay, cut(segment, from, segment.seq))
}

export function foldEvent(overlay: Map<string, Message>, event: Event): void {
  switch (event.type) {
    case 'message-created':
      if (!overlay.has(event.message.id)) overlay.set(event.message.id, event.message)
      break
    case 'boundary':
      if (event.summary && !overlay.has(event.summary.id)) {
        overlay.set(event.summary.id, event.summary)
      }
      break
    case 'message-delta':
    case 'message-finished': {
      const message = overlay.get(event.messageId)
      if (!message || message.revision >= event.seq) break
      overlay.set(message.id, applyToMessage(message, event))
      break
    }
    case 'message-replaced': {
      // A finished message is in its row already.
      const message = overlay.get(event.message.id)
      if (message && message.revision < event.seq) overlay.set(message.id, event.message)
      break
    }
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'queue-changed':
    case 'usage':
    case 'message-deleted':
    case 'history-truncated':
    case 'history-restored':
    case 'imported':
    case 'forked':
    case 'message-erased':
    case 'redacted':
    case 'unreadable':
      break
  }
}

/** Packed entries that stay in memory, in bytes. */
const recentBytes = 64 * 1024

function entryBytes(event: Event): number {
  if (event.type !== 'message-delta') return 400
  let bytes = 40
  for (const op of event.ops) bytes += op.op === 'append' ? op.text.length : 400
  return bytes
}

function sum(segments: readonly Segment[]): number {
  return segments.reduce((bytes, segment) => bytes + sizeOf(segment), 0)
}
