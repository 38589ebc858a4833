import type { Event, EventFilter, EventSummary, EventType } from '@caughtup/schema'

import { takeSegments } from '../../../core/reading/take-segments.ts'
import { countTypes, entriesOf, matches, type TypeCounts } from '../../../journal/entries.ts'
import { redactSegments } from '../../../journal/redact.ts'
import { indexAfter, type Segment, segmentsAfter } from '../../../journal/segment.ts'
import type { SegmentBatch, SegmentQuery, StoredState } from '../../../port/reading.ts'
import { decodeBlock, isStandIn, standIn, tagInBlock } from '../codec/block-codec.ts'
import type { Database, Row } from '../file/database.ts'
import { beingErased } from '../log/erase.ts'
import type { CachedSession } from '../cache/cached-session.ts'

/** Reads of journals: blocks for what is old, memory for the newest stretch. */
export class JournalReads {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  segments(cached: CachedSession, query: SegmentQuery): SegmentBatch {
    const { journal, seq, tag } = cached
    const bounds = this.bounds(cached, query.tagAt)
    const { floor } = bounds
    const { from, filter, before = most } = query
    // Memory and blocks may still have entries that retention has hidden (those up to the floor).
    const after = Math.max(query.after ?? 0, floor)
    const stored =
      from === 'oldest' && !filter
        ? this.#after(cached, after)
        : this.#matching(cached, { ...filter, after, before }, from)
    const taken = takeSegments(stored, { ...query, after }, seq)
    return { ...taken, ...bounds, cursor: { journal, seq, tag } }
  }

  /** The entries after a seq, without those that retention has hidden. */
  *above(cached: CachedSession, after: number): Iterable<Segment> {
    const start = Math.max(after, this.#floor(cached).floor)
    for (const segment of this.#after(cached, start)) yield* segmentsAfter([segment], start)
  }

  /** Where the journal begins, and the tag of one of its entries, if it is there. */
  bounds(cached: CachedSession, tagAt?: number): Pick<StoredState, 'floor' | 'tagAt'> {
    const { floor, floorTag } = this.#floor(cached)
    if (tagAt === undefined) return { floor }
    const tag = tagAt === floor ? floorTag : this.#tagAt(cached, tagAt)
    return { floor, ...(tag !== undefined && { tagAt: tag }) }
  }

  summary(cached: CachedSession, asked: EventFilter): EventSummary {
    const { floor } = this.#floor(cached)
    // A block may still have entries that retention has hidden (those up to the floor).
    const filter = { ...asked, after: Math.max(asked.after ?? 0, floor) }
    const types: TypeCounts = {}
    const add = (counts: TypeCounts) => {
      for (const type of typesOf(counts)) {
        types[type] = (types[type] ?? 0) + (counts[type] ?? 0)
      }
    }
    for (const row of this.#blocks(cached, filter, 'oldest')) {
      const counted = countsInside(row, filter, this.#countsIn(row))
      add(counted ?? countTypes(this.#decode(row), filter))
    }
    add(countTypes(this.#newest(cached), filter))
    const [first] = this.#entries(cached, filter, 'oldest')
    const [last] = this.#entries(cached, filter, 'newest')
    const total = typesOf(types).reduce((sum, type) => sum + (types[type] ?? 0), 0)
    return { total, types, floor, ...(first && last && { first: first.seq, last: last.seq }) }
  }

  /** Entries in memory that are in no block. */
  #newest(cached: CachedSession): Segment[] {
    const row = this.#db.get(
      'SELECT max(last_seq) AS last FROM blocks WHERE session = ?',
      cached.key,
    )
    return segmentsAfter(cached.segments, Number(row?.['last'] ?? 0))
  }

  *#entries(
    cached: CachedSession,
    filter: EventFilter,
    from: 'oldest' | 'newest',
  ): Iterable<Event> {
    for (const segment of this.#matching(cached, filter, from)) {
      for (const event of entriesOf(segment, from)) if (matches(event, filter)) yield event
    }
  }

  *#matching(
    cached: CachedSession,
    filter: EventFilter,
    from: 'oldest' | 'newest',
  ): Iterable<Segment> {
    const newest = this.#newest(cached)
    if (from === 'newest') yield* newest.toReversed()
    for (const row of this.#blocks(cached, filter, from)) {
      const { types } = filter
      const counts = this.#countsIn(row)
      if (counts && types?.every((type) => counts[type] === undefined)) continue
      const segments = this.#decode(row)
      yield* from === 'oldest' ? segments : segments.toReversed()
    }
    if (from === 'oldest') yield* newest
  }

  #blocks(cached: CachedSession, filter: EventFilter, from: 'oldest' | 'newest'): Iterable<Row> {
    const { after = 0, before = most, since = 0, until = most, epoch } = filter
    return this.#db.iterate(
      `SELECT * FROM blocks WHERE session = ? AND last_seq > ? AND first_seq < ? AND last_at >= ?
       AND first_at < ? AND last_epoch >= ? AND first_epoch <= ?
       ORDER BY first_seq ${from === 'oldest' ? 'ASC' : 'DESC'}`,
      cached.key,
      after,
      before,
      since,
      until,
      epoch ?? 0,
      epoch ?? most,
    )
  }

  #floor({ key }: CachedSession): { floor: number; floorTag: string } {
    const row = this.#db.get('SELECT floor, floor_tag FROM sessions WHERE key = ?', key)
    return row
      ? { floor: Number(row['floor']), floorTag: String(row['floor_tag']) }
      : { floor: 0, floorTag: '' }
  }

  #tagAt({ key, segments, record, tag }: CachedSession, seq: number): string | undefined {
    if (seq === record.seq) return tag
    if (seq > record.seq) return undefined
    const [segment] = segmentsAfter(segments, seq - 1)
    if (segment && segment.from <= seq) return segment.tag
    const row = this.#db.get(
      `SELECT body FROM blocks WHERE session = ? AND first_seq <= ? AND last_seq >= ?
       ORDER BY first_seq DESC LIMIT 1`,
      key,
      seq,
      seq,
    )
    return row && tagInBlock(row['body'], seq)
  }

  /** The entries after a seq, without a gap: stand-ins replace missing and damaged ones. */
  #after(cached: CachedSession, after: number): Iterable<Segment> {
    const { segments, seq } = cached
    const isInMemory = (segments[0]?.from ?? Infinity) <= after + 1 && segments.at(-1)?.seq === seq
    // The usual case for followers, which need no block.
    if (isInMemory) return segments.slice(indexAfter(segments, after))
    return this.#whole(cached, after)
  }

  *#whole(cached: CachedSession, after: number): Iterable<Segment> {
    let next = after + 1
    for (const segment of this.#stored(cached, next - 1)) {
      if (segment.seq < next) continue
      if (segment.from > next) yield this.#missing(next, segment.from - 1)
      yield segment
      next = segment.seq + 1
    }
    if (next <= cached.record.seq) yield this.#missing(next, cached.record.seq)
  }

  #missing(from: number, seq: number): Segment {
    this.#db.unreadable++
    return standIn(from, seq)
  }

  *#stored(cached: CachedSession, after: number): Iterable<Segment> {
    const { key, segments, record } = cached
    const inMemory = segments[0]?.from ?? record.seq + 1
    if (after + 1 < inMemory) {
      const blocks = this.#db.iterate(
        'SELECT * FROM blocks WHERE session = ? AND last_seq > ? ORDER BY first_seq',
        key,
        after,
      )
      for (const block of blocks) {
        const decoded = this.#decode(block)
        // Keeps the newest block's entries in memory, so that later readers need not decode it.
        if (Number(block['last_seq']) + 1 === inMemory) cached.recall(decoded)
        yield* decoded
      }
    }
    yield* segments
  }

  /** `undefined` while messages are being erased: the stored counts then do not fit any more. */
  #countsIn(block: Row): TypeCounts | undefined {
    const erased = beingErased(this.#db, Number(block['session']))
    return erased.size === 0 ? countsIn(block) : undefined
  }

  #decode(block: Row): readonly Segment[] {
    const [firstSeq, lastSeq] = [Number(block['first_seq']), Number(block['last_seq'])]
    const segments = decodeBlock(block['body'], { firstSeq, lastSeq })
    this.#db.unreadable += segments.filter(isStandIn).length
    const erased = beingErased(this.#db, Number(block['session']))
    return redactSegments(segments, erased)
  }
}

const most = Number.MAX_SAFE_INTEGER

/** A block's stored counts; `undefined` if they are damaged, so that the caller counts the entries. */
function countsIn(row: Row): TypeCounts | undefined {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- own data, read back
    return JSON.parse(String(row['counts'])) as TypeCounts
  } catch {
    return undefined
  }
}

/** A block's counts, where the filter takes or leaves its entries by their type alone. */
function countsInside(
  row: Row,
  filter: EventFilter,
  counts: TypeCounts | undefined,
): TypeCounts | undefined {
  const { types, epoch, after = 0, before = most, since = 0, until = most } = filter
  const inside =
    Number(row['first_seq']) > after &&
    Number(row['last_seq']) < before &&
    Number(row['first_at']) >= since &&
    Number(row['last_at']) < until &&
    (epoch === undefined ||
      (Number(row['first_epoch']) === epoch && Number(row['last_epoch']) === epoch))
  if (!inside) return undefined
  if (!types || !counts) return counts
  return Object.fromEntries(
    typesOf(counts).flatMap((type) => (types.includes(type) ? [[type, counts[type]]] : [])),
  )
}

function typesOf(counts: TypeCounts): EventType[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type's own keys
  return Object.keys(counts) as EventType[]
}
