import type { Event, EventOf, Message } from '@caughtup/schema'

import {
  appendEvent,
  indexAfter,
  type Segment,
  segmentsAfter,
  sizeOf,
} from '../../../journal/segment.ts'
import { checkGuard } from '../../../core/check-guard.ts'
import type { SessionRecord } from '../../../core/evolve.ts'
import type { Lookups } from '../../../core/lookups.ts'
import type { SessionState } from '../../../core/types.ts'
import type { Slice } from '../../../port/commit.ts'
import { isStandIn } from '../codec/block-codec.ts'
import { foldOpen } from './fold-open.ts'
import { EntryEncoder } from '../codec/log-codec.ts'

/** Packed entries that stay in memory, in bytes, so that followers need no block. */
const recentBytes = 64 * 1024

/** Entries that wait in the log for a session that is not in memory. */
export interface Tail {
  segments: Segment[]
  logId: number
}

/** Who wrote entries, and the row of the log they are in. */
interface Written {
  tag: string
  logId: number
}

export interface CachedSessionOptions extends SessionState {
  key: number
  id: string
  journal: string
  tag: string
  packed: number
  rows: Lookups
  segments: Segment[]
  logId: number | undefined
  written: Map<string, number>
}

/**
 * What the engine holds of a session in memory: its state, and its journal's newest stretch.
 *
 * A window's deltas are only appended to that stretch: their messages are folded when they are read.
 */
export class CachedSession implements SessionState {
  /** Its row in `sessions`. */
  readonly key: number
  readonly id: string
  readonly journal: string
  /** What commits look up in its rows. */
  readonly rows: Lookups
  /** Length of open messages' JSON when they were last written to their rows, by id. */
  readonly written: Map<string, number>
  readonly entries: EntryEncoder
  /** Of who wrote the newest entry. */
  tag: string
  /** The newest entries, without a hole: all that are not packed, and some that are. */
  segments: Segment[]
  /** Blocks and rows hold the journal up to this seq, as far as this process knows. */
  packed: number
  /** Entries and bytes after `packed`. */
  unpacked: { entries: number; bytes: number }
  /** The first row of the log that has an entry after `packed`. */
  logId: number | undefined
  /** Whether this process wrote what is not packed. */
  own = false
  /** Whether packing it failed by itself. */
  failsToPack = false
  #record: SessionRecord
  /** The newest entry's; the record's is behind while only deltas came. */
  #seq: number
  #overlay: Map<string, Message>
  /** The overlay has everything up to this seq. */
  #folded: number

  constructor(options: CachedSessionOptions) {
    const { key, id, journal, rows, written, tag, segments, packed, logId } = options
    this.key = key
    this.id = id
    this.journal = journal
    this.rows = rows
    this.written = written
    this.entries = new EntryEncoder(key)
    this.tag = tag
    this.segments = segments
    this.packed = packed
    this.#record = options.record
    this.#seq = options.record.seq
    this.#overlay = new Map(options.overlay)
    this.#folded = this.#seq
    this.unpacked = { entries: this.#seq - packed, bytes: sum(segments) }
    this.logId = this.unpacked.entries > 0 ? logId : undefined
  }

  get seq(): number {
    return this.#seq
  }

  get record(): SessionRecord {
    if (this.#record.seq !== this.#seq) this.#record = { ...this.#record, seq: this.#seq }
    return this.#record
  }

  /** Messages that are newer than their rows, and every open one, by id. */
  get overlay(): ReadonlyMap<string, Message> {
    if (this.#folded < this.#seq) {
      for (const segment of segmentsAfter(this.segments, this.#folded)) {
        foldOpen(this.#overlay, segment)
      }
      this.#folded = this.#seq
    }
    return this.#overlay
  }

  /** The state after everything that was appended; `overlay` has it all. */
  become({ record, overlay }: SessionState): void {
    this.#record = record
    this.#seq = record.seq
    this.#overlay = new Map(overlay)
    this.#folded = record.seq
  }

  /**
   * The fast path: the event of a slice that is one delta of an open message, as most are.
   * `undefined` for any other slice, and for one that `decide` would refuse.
   */
  singleDelta({ at, drafts, guard }: Slice): EventOf<'message-delta'> | undefined {
    const [draft] = drafts
    if (draft?.type !== 'message-delta' || drafts.length > 1 || draft.runId !== undefined) {
      return undefined
    }
    // The record's seq is behind while only deltas come: such a guard is for `decide`.
    if (guard?.is === 'run' && guard.seq !== undefined) return undefined
    if (guard && checkGuard(this.#record, guard) !== true) return undefined
    const { messageId, ops } = draft
    if (this.#overlay.get(messageId)?.status !== 'open') return undefined
    const seq = this.#seq + 1
    const { epoch } = this.#record
    return { type: 'message-delta', seq, from: seq, epoch, at, messageId, ops }
  }

  /** Puts the delta that `singleDelta` gave, and that is committed, behind the others. */
  appendDelta(event: EventOf<'message-delta'>, written: Written): void {
    this.#seq = event.seq
    this.own = true
    this.append([event], written)
  }

  /** Puts committed events behind the others; `become` says what follows from them. */
  append(events: readonly Event[], { tag, logId }: Written): void {
    // A commit that was refused wrote nothing: the newest entry is still another's.
    if (events.length === 0) return
    for (const event of events) {
      this.unpacked.bytes += appendEvent(this.segments, event, tag)
      this.unpacked.entries++
    }
    this.logId ??= logId
    this.tag = tag
  }

  /** Takes what lies just before its stretch into memory, where that is not too much. */
  recall(older: readonly Segment[]): void {
    if (older.some(isStandIn) || sum(older) + sum(this.segments) > recentBytes) return
    this.segments = [...older, ...this.segments]
  }

  /** Forgets what is packed up to `seq` but for the newest stretch and for open messages. */
  markPacked(seq: number): void {
    const kept = [...this.overlay].filter(
      ([, { status, revision }]) => status === 'open' || revision > seq,
    )
    this.#overlay = new Map(kept)
    this.packed = Math.max(this.packed, seq)
    const rest = this.segments.slice(indexAfter(this.segments, this.packed))
    this.unpacked = { entries: this.#seq - this.packed, bytes: sum(rest) }
    if (this.unpacked.entries <= 0) this.logId = undefined
    let recent = 0
    const last = this.segments.findLastIndex(
      (segment) => segment.seq <= this.packed && (recent += sizeOf(segment)) > recentBytes,
    )
    if (last >= 0) this.segments.splice(0, last + 1)
  }
}

function sum(segments: readonly Segment[]): number {
  return segments.reduce((bytes, segment) => bytes + sizeOf(segment), 0)
}
