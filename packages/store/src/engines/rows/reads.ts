import type { Cursor, Event, EventFilter, EventPage, EventSummary, Message } from '@caughtup/schema'

import { newestStretch, type SizedMessage } from '../../core/reading/newest-stretch.ts'
import { jsonBytes } from '../../base/bytes.ts'
import { sessionNotFound } from '../../errors/session-errors.ts'
import { entriesOf, firstOf, matches } from '../../journal/entries.ts'
import { readEvents } from '../../core/reading/read-events.ts'
import { type Segment, segmentsAfter, sizeOf } from '../../journal/segment.ts'
import type {
  EventBatch,
  EventQuery,
  MessageQuery,
  StoredState,
  Window,
} from '../../port/reading.ts'
import { segmentsOf, Sizes } from './journal-rows.ts'
import type { LoadedSession, SessionStates } from './commit/session-states.ts'
import type { EventRange, MessageRange, SessionReading, Tables, Wanted } from './tables/tables.ts'

/** Rows of a journal that are read at once, in bytes of JSON. */
const stretchBytes = 512 * 1024

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
    const { session, image } = await this.read(id, {}, tagWanted)
    const { record, overlay } = session.state
    const tag = tagWanted === undefined ? undefined : tagAt(session, tagWanted, image)
    return {
      head: record,
      cursor: cursorOf(session),
      open: [...overlay.values()],
      messageCount: record.messageCount,
      floor: session.row.floor,
      ...(tag !== undefined && { tagAt: tag }),
    }
  }

  async messagesBefore(id: string, { before, ...caps }: MessageQuery): Promise<Window> {
    const range = { from: 'newest', ...(before !== undefined && { before }), ...caps } as const
    const { session, messages } = await this.#stretch(id, range)
    const { record } = session.state
    const epoch = before === undefined ? record.epoch : undefined
    const stretch = newestStretch(this.#sized(messages), caps, epoch)
    return {
      messages: stretch,
      head: record,
      cursor: cursorOf(session),
      hasOlder: messages.length > stretch.length,
    }
  }

  async message(id: string, messageId: string): Promise<Message | undefined> {
    const { session, byId } = await this.read(id, { ids: [messageId] })
    return session.state.overlay.get(messageId) ?? byId[0]
  }

  async events(id: string, after: number, bytes: number): Promise<EventBatch> {
    const segments: Segment[] = []
    let size = 0
    for await (const stretch of this.#stretches(id, { after, from: 'oldest' }, after)) {
      const { session, image, complete } = stretch
      segments.push(...stretch.segments)
      for (const segment of stretch.segments) size += sizeOf(segment)
      if (!complete && size <= bytes) continue
      const { journal } = session.row
      const { last, ...read } = readEvents(segments, after, bytes)
      const end = last ?? { seq: after, tag: tagAt(session, after, image) ?? session.tag }
      return {
        ...read,
        cursor: { journal, ...end },
        complete: complete && read.complete,
        newest: session.state.record.seq,
      }
    }
    throw sessionNotFound(id)
  }

  async eventList(id: string, { filter, from, ...caps }: EventQuery): Promise<EventPage> {
    const found: Event[] = []
    let bytes = 0
    const isEnough = () => found.length > 1 && (found.length > caps.limit || bytes > caps.bytes)
    for await (const { segments } of this.#stretches(id, { ...bounds(filter), from })) {
      for (const event of entries(segments, filter, from)) {
        found.push(event)
        bytes += jsonBytes(event)
        if (isEnough()) break
      }
      if (isEnough()) break
    }
    return firstOf(found, caps)
  }

  async eventSummary(id: string, filter: EventFilter): Promise<EventSummary> {
    const types: EventSummary['types'] = {}
    let total = 0
    let first: number | undefined
    let last: number | undefined
    let floor = 0
    for await (const stretch of this.#stretches(id, { ...bounds(filter), from: 'oldest' })) {
      floor = stretch.session.row.floor
      for (const { type, seq } of entries(stretch.segments, filter, 'oldest')) {
        types[type] = (types[type] ?? 0) + 1
        total++
        first ??= seq
        last = seq
      }
    }
    return {
      total,
      types,
      ...(first !== undefined && { first }),
      ...(last !== undefined && { last }),
      floor,
    }
  }

  /** Messages newest first, each as it is now: an open one's row is behind. */
  async #stretch(id: string, range: MessageRange) {
    const reading = await this.read(id, { messages: range })
    const { overlay } = reading.session.state
    const messages = reading.messages.map((message) => overlay.get(message.id) ?? message)
    return { ...reading, messages }
  }

  *#sized(newestFirst: readonly Message[]): Iterable<SizedMessage> {
    for (const message of newestFirst) yield { message, size: this.#sizes.message(message) }
  }

  /** A range of the journal in bounded stretches, each as of its own moment: entries do not change. */
  async *#stretches(
    id: string,
    { from, after = 0, before = Infinity }: Omit<EventRange, 'bytes'>,
    tagAt?: number,
  ): AsyncGenerator<Reading & { segments: Segment[] }> {
    let bounds = { after, before }
    for (;;) {
      const range = { from, bytes: stretchBytes, ...bounds }
      const reading = await this.read(id, { events: range }, tagAt)
      const rows = from === 'oldest' ? reading.events : reading.events.toReversed()
      const segments = segmentsAfter(
        segmentsOf(rows, reading.session.row, this.#sizes),
        bounds.after,
      )
      yield { ...reading, segments }
      const [first] = rows
      const last = rows.at(-1)
      if (reading.complete || !first || !last) return
      bounds = from === 'oldest' ? { after: last.seq, before } : { after, before: first.first }
    }
  }
}

function cursorOf({ row: { journal }, state, tag }: LoadedSession): Cursor {
  return { journal, seq: state.record.seq, tag }
}

/** Of the commit that wrote an entry; `undefined` where it is gone or not there yet. */
function tagAt(
  { row, state, tag }: LoadedSession,
  seq: number,
  image: SessionReading['image'],
): string | undefined {
  if (seq === row.floor) return row.floorTag
  if (seq < row.floor) return undefined
  return seq === state.record.seq ? tag : image.tagAt
}

function bounds({ after, before }: EventFilter): { after?: number; before?: number } {
  return { ...(after !== undefined && { after }), ...(before !== undefined && { before }) }
}

function* entries(
  segments: readonly Segment[],
  filter: EventFilter,
  from: 'oldest' | 'newest',
): Iterable<Event> {
  for (const segment of from === 'oldest' ? segments : segments.toReversed()) {
    for (const event of entriesOf(segment, from)) if (matches(event, filter)) yield event
  }
}
