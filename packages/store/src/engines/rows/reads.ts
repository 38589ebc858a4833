import type { Cursor, Message } from '@caughtup/schema'

import { countsOf, lastOrderOf, type SizedMessage, stretchOf } from '../../core/reading/stretch.ts'
import { sessionNotFound } from '../../errors/session-errors.ts'
import { takeSegments } from '../../core/reading/take-segments.ts'
import { leastBytes, type Segment } from '../../journal/segment.ts'
import type {
  MessageQuery,
  SegmentBatch,
  SegmentQuery,
  StoredState,
  Window,
} from '../../port/reading.ts'
import { segmentsOf, Sizes } from './journal-rows.ts'
import type { LoadedSession, SessionStates } from './commit/session-states.ts'
import type { SessionReading, Tables, Wanted } from './tables/tables.ts'

/** Rows of a journal that are read at once, in bytes of JSON: the first time, and at most. */
const leastStretchBytes = 4 * 1024
const mostStretchBytes = 512 * 1024

type Reading = SessionReading & { session: LoadedSession }

/** Reads of one session, each as of one moment. */
export class SessionReads {
  readonly #tables: Tables
  readonly #states: SessionStates
  readonly #sizes = new Sizes()

  constructor(tables: Tables, states: SessionStates) {
    this.#tables = tables
    this.#states = states
  }

  /** @throws CaughtupError `NOT_FOUND` */
  async read(id: string, wanted: Wanted = {}, tagAt?: number): Promise<Reading> {
    const reading = await this.#states.read(id, (ask) =>
      this.#tables.read({ ...ask, ...(tagAt !== undefined && { tagAt }) }, wanted),
    )
    if (!reading) throw sessionNotFound(id)
    return reading
  }

  async state(id: string, tagWanted?: number): Promise<StoredState> {
    const reading = await this.read(id, {}, tagWanted)
    const { session } = reading
    const { record, overlay } = session.state
    return {
      head: record,
      cursor: cursorOf(session),
      open: [...overlay.values()],
      messageCount: record.messageCount,
      floor: session.row.floor,
      ...tagOf(reading, tagWanted),
    }
  }

  async messages(id: string, query: MessageQuery): Promise<Window> {
    const { bytes } = query
    const upTo = lastOrderOf(query)
    const counts = countsOf(query)
    // A range has more messages than its caps allow, where there are more.
    const { session, ...reading } = await this.read(id, {
      messages: { from: 'newest', before: upTo + 1, messages: counts.older, bytes },
      newer: { from: 'oldest', after: upTo, messages: counts.newer, bytes },
    })
    const { record, overlay } = session.state
    const older = [...this.#sized(reading.messages, overlay)]
    const newer = [...this.#sized(reading.newer, overlay)]
    const messages = stretchOf({ older, newer }, query, record)
    const taken = messages.findLastIndex(({ order }) => order <= upTo) + 1
    return {
      messages,
      head: record,
      cursor: cursorOf(session),
      hasOlder: older.length > taken,
      hasNewer: newer.length > messages.length - taken,
    }
  }

  async message(id: string, messageId: string): Promise<Message | undefined> {
    const { session, byId } = await this.read(id, { ids: [messageId] })
    return session.state.overlay.get(messageId) ?? byId[0]
  }

  /**
   * Reads bounded stretches until it has `bytes`, and gives all that it read. Entries do not change,
   * so together they are as of the moment at which the one with the newest entries was read.
   */
  async segments(id: string, query: SegmentQuery): Promise<SegmentBatch> {
    const { from, bytes } = query
    const segments: Segment[] = []
    let size = 0
    let newest: Pick<SegmentBatch, 'cursor' | 'tagAt'> | undefined
    let place = { after: query.after ?? 0, before: query.before ?? Infinity }
    // Entries get shorter by merging, and a filter leaves some out.
    let stretch = Math.max(leastStretchBytes, 2 * bytes)
    for (;;) {
      const range = { from, bytes: Math.min(stretch, mostStretchBytes), ...place }
      stretch *= 4
      const reading = await this.read(id, { events: range }, query.tagAt)
      const { session, events, complete } = reading
      const { row } = session
      if (!newest || from === 'oldest') {
        newest = { cursor: cursorOf(session), ...tagOf(reading, query.tagAt) }
      }
      const rows = from === 'oldest' ? events : events.toReversed()
      const read = segmentsOf(rows, row, this.#sizes)
      const ordered = from === 'oldest' ? read : read.toReversed()
      for (const segment of takeSegments(ordered, { ...query, bytes: Infinity }).segments) {
        segments.push(segment)
        size += leastBytes(segment, place.after, place.before)
      }
      const [first] = rows
      const last = rows.at(-1)
      const isEnd = complete || !first || !last
      if (isEnd || (segments.length > 0 && size >= bytes)) {
        return { segments, complete: isEnd, ...newest, floor: row.floor }
      }
      place = from === 'oldest' ? { ...place, after: last.seq } : { ...place, before: first.first }
    }
  }

  /** The messages as they are now: an open one's row is behind. */
  *#sized(rows: readonly Message[], overlay: ReadonlyMap<string, Message>): Iterable<SizedMessage> {
    for (const row of rows) {
      const message = overlay.get(row.id) ?? row
      yield { message, size: this.#sizes.message(message) }
    }
  }
}

function cursorOf({ row: { journal }, state, tag }: LoadedSession): Cursor {
  return { journal, seq: state.record.seq, tag }
}

/** Of the commit that wrote an entry, if it is wanted; nothing where it is gone or not there yet. */
function tagOf({ session, image }: Reading, seq: number | undefined): { tagAt?: string } {
  const { row, state, tag } = session
  if (seq === undefined || seq < row.floor) return {}
  const newer = seq === state.record.seq ? tag : image.tagAt
  const tagAt = seq === row.floor ? row.floorTag : newer
  return tagAt === undefined ? {} : { tagAt }
}
