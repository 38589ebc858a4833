import type { Event, EventOf, Message } from '@caughtup/schema'

import {
  appendEvent,
  indexAfter,
  type Segment,
  segmentsAfter,
  sizeOf,
} from '../../../journal/segment.ts'
import { isActive } from '../../../core/check-guard.ts'
import type { SessionRecord } from '../../../core/evolve.ts'
import type { Lookups } from '../../../core/lookups.ts'
import type { SessionState } from '../../../core/types.ts'
import type { Slice } from '../../../port/commit.ts'
import { isStandIn } from '../codec/block-codec.ts'
import { foldOpen } from './fold-open.ts'
import { EntryEncoder } from '../codec/log-codec.ts'

/** Bytes of packed entries that stay in memory, so that followers rarely have to read blocks. */
const recentBytes = 64 * 1024

/** The unpacked entries of a session that is not in memory, and the log's row where they begin. */
export interface Tail {
  segments: Segment[]
  logId: number
}

/** Which opening of the database wrote entries (its tag), and the row of the log that has them. */
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
 * A session in memory: its state, and the newest entries of its journal.
 *
 * A commit of a single delta only appends it to those entries. Deltas are applied to their messages
 * when somebody reads `overlay`, since most of them are never read one by one.
 */
export class CachedSession implements SessionState {
  /** Its row in `sessions`. */
  readonly key: number
  readonly id: string
  readonly journal: string
  /** Gives a commit what it needs from the session's packed rows. */
  readonly rows: Lookups
  /** Length of each open message's JSON when its row was last written, by id. */
  readonly written: Map<string, number>
  readonly entries: EntryEncoder
  /** The tag of the newest entry. */
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
  /** Whether packing this session failed when it was packed alone. */
  failsToPack = false
  #record: SessionRecord
  /** The newest entry's seq. `#record.seq` is lower while only deltas were appended. */
  #seq: number
  #overlay: Map<string, Message>
  /** `#overlay` has every delta up to this seq. */
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

  /** Replaces the state, which must contain everything that was appended. */
  become({ record, overlay }: SessionState): void {
    this.#record = record
    this.#seq = record.seq
    this.#overlay = new Map(overlay)
    this.#folded = record.seq
  }

  /**
   * The fast path of commits: the event of a slice that is a single delta of an open message.
   * `undefined` for any other slice, and if `decide` would refuse the delta.
   */
  singleDelta({ at, drafts, guard }: Slice): EventOf<'message-delta'> | undefined {
    const [draft] = drafts
    if (draft?.type !== 'message-delta' || drafts.length > 1 || draft.runId !== undefined) {
      return undefined
    }
    // The record's seq is behind while only deltas come: such a guard is for `decide`.
    if (guard && (guard.is !== 'run' || guard.seq !== undefined || guard.queued)) return undefined
    if (guard && !isActive(this.#record, guard)) return undefined
    const { messageId, ops } = draft
    if (this.#overlay.get(messageId)?.status !== 'open') return undefined
    const seq = this.#seq + 1
    const { epoch } = this.#record
    return { type: 'message-delta', seq, from: seq, epoch, at, messageId, ops }
  }

  /** Appends the event that `singleDelta` returned, once it is committed. */
  appendDelta(event: EventOf<'message-delta'>, written: Written): void {
    this.#seq = event.seq
    this.own = true
    this.append([event], written)
  }

  /** Appends committed events. The caller sets the state that follows from them with `become`. */
  append(events: readonly Event[], { tag, logId }: Written): void {
    // A refused commit wrote nothing, so the tag must stay that of the newest entry.
    if (events.length === 0) return
    for (const event of events) {
      this.unpacked.bytes += appendEvent(this.segments, event, tag)
      this.unpacked.entries++
    }
    this.logId ??= logId
    this.tag = tag
  }

  /** Keeps the entries just before `segments` in memory too, unless they are too many. */
  recall(older: readonly Segment[]): void {
    if (older.some(isStandIn) || sum(older) + sum(this.segments) > recentBytes) return
    this.segments = [...older, ...this.segments]
  }

  /** Notes that everything up to `seq` is packed; keeps only recent entries and open messages of it. */
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

/** Whether a session has a finished message that is not packed. */
export function hasFinished({ overlay }: CachedSession): boolean {
  return [...overlay.values()].some(({ status }) => status === 'done')
}
