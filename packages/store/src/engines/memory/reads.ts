import type { Message } from '@caughtup/schema'

import type { IdStatus, MessagePlace, Stretch } from '../../core/lookups.ts'
import type { IdleQuery } from '../../port/sessions.ts'
import {
  type EventRow,
  isActive,
  isHidden,
  keeperOf,
  type MemberRow,
  type RememberedKind,
  type SessionRow,
  type CountedName,
  type RememberedName,
} from '../rows/tables/rows.ts'
import type {
  CandidateQuery,
  DueQuery,
  EventRange,
  FeedQuery,
  FeedRows,
  MessageRange,
  PromptRows,
  PromptRowsQuery,
  SessionAsk,
  SessionImage,
  SessionReading,
  TableReads,
  Wanted,
} from '../rows/tables/tables.ts'
import {
  indexAbove,
  type MemoryDatabase,
  newestSeq,
  type SessionData,
  type StoredEvents,
} from './database.ts'
import { holds } from './events.ts'
import { candidates, feedRows, promptRows } from './lists.ts'
import {
  neighbour,
  placeOf,
  rowOf,
  shownMessages,
  shownRows,
  stretchesIn,
  stretchMessages,
} from './message-table.ts'

const lastOf = ({ seq }: StoredEvents) => seq

/** Reads of what is committed, or of a transaction's drafts where it has any. */
export class MemoryReads implements TableReads {
  protected readonly db: MemoryDatabase
  readonly #drafts: ReadonlyMap<number, SessionData> | undefined

  constructor(db: MemoryDatabase, drafts?: ReadonlyMap<number, SessionData>) {
    this.db = db
    this.#drafts = drafts
  }

  async session(id: string, principal?: string): Promise<SessionRow | undefined> {
    const data = this.find(this.db.keys.get(id))
    const isSeen =
      principal === undefined || data?.members.some((member) => member.principal === principal)
    return data && !isHidden(data.row) && isSeen ? data.row : undefined
  }

  async sessions(asks: readonly SessionAsk[]): Promise<(SessionImage | undefined)[]> {
    return asks.map((ask) => {
      const data = this.find(this.db.keys.get(ask.id))
      return data && imageOf(data, ask)
    })
  }

  async members(sessionId: string): Promise<MemberRow[]> {
    const data = this.find(this.db.keys.get(sessionId))
    return data && !isHidden(data.row) ? [...data.members] : []
  }

  async read(ask: SessionAsk, wanted: Wanted): Promise<SessionReading | undefined> {
    const data = this.find(this.db.keys.get(ask.id))
    if (!data) return undefined
    const { messages, newer, ids = [], events } = wanted
    return {
      image: imageOf(data, ask),
      messages: messages ? messagesIn(data, messages) : [],
      newer: newer ? messagesIn(data, newer) : [],
      byId: ids.map((id) => shownById(data, id)),
      ...(events ? eventsIn(data, events) : { events: [], complete: true }),
    }
  }

  async messagesById(session: number, ids: readonly string[]): Promise<(Message | undefined)[]> {
    const data = this.find(session)
    return ids.map((id) => data && shownById(data, id))
  }

  async idStatus(session: number, ids: readonly string[]): Promise<IdStatus[]> {
    const data = this.find(session)
    const remembered = this.rememberedIn(session)
    return ids.map((id) => {
      if (data && rowOf(data, id)) return 'exists'
      return remembered.has(rememberedName('gone', id)) ? 'gone' : 'free'
    })
  }

  async countAfter(session: number, order: number): Promise<number> {
    const data = this.find(session)
    return data ? [...shownMessages(data, { after: order })].length : 0
  }

  async lastPrompt(session: number, from: number, upTo: number): Promise<number | undefined> {
    const data = this.find(session)
    if (!data) return undefined
    const range = { after: from - 1, before: upTo + 1, from: 'newest' } as const
    for (const { role, order } of shownMessages(data, range)) if (role === 'user') return order
    return undefined
  }

  async places(session: number, ids: readonly string[]): Promise<(MessagePlace | undefined)[]> {
    const data = this.find(session)
    return ids.map((id) => data && placeOf(data, id))
  }

  async before(session: number, order: number, stretch: number): Promise<number | undefined> {
    const data = this.find(session)
    return data && neighbour(data, { order, stretch }, 'before')?.order
  }

  async following(session: number, order: number, stretch: number): Promise<Message | undefined> {
    const data = this.find(session)
    return data && neighbour(data, { order, stretch }, 'after')?.message
  }

  async stretches(session: number, epoch: number): Promise<Stretch[]> {
    const data = this.find(session)
    return data ? stretchesIn(data, epoch) : []
  }

  async stretch(session: number, id: number, bytes: number): Promise<Message[] | undefined> {
    const data = this.find(session)
    return data && stretchMessages(data, id, bytes)
  }

  async remembered(
    session: number,
    kind: RememberedKind,
    ids: readonly string[],
  ): Promise<Map<string, number>> {
    const remembered = this.rememberedIn(session)
    const counts = new Map<string, number>()
    for (const id of ids) {
      const count = remembered.get(rememberedName(kind, id))
      if (count !== undefined) counts.set(id, count)
    }
    return counts
  }

  async rememberedBetween(
    session: number,
    kind: RememberedKind,
    { after, before }: { after: string; before: string },
  ): Promise<Map<string, number>> {
    const all = [...this.rememberedIn(session)].map(([name, count]) => ({ ...nameOf(name), count }))
    const within = all.filter((each) => each.kind === kind && each.id > after && each.id < before)
    return new Map(within.map(({ id, count }) => [id, count]))
  }

  async names(
    session: number,
    after: RememberedName | undefined,
    limit: number,
  ): Promise<CountedName[]> {
    const all = [...this.rememberedIn(session)]
    const start = after && rememberedName(after.kind, after.id)
    return all
      .filter(([name]) => start === undefined || name > start)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([name, count]) => ({ ...nameOf(name), count }))
  }

  async allMessages(session: number, after: number, limit: number) {
    const rows = this.find(session)?.messages ?? []
    const start = indexAbove(rows, after, ({ order }) => order)
    return rows.slice(start, start + limit).map(({ message, hidden }) => {
      return { message, ...(hidden && { hidden }) }
    })
  }

  async feed(principal: string, query: FeedQuery): Promise<FeedRows> {
    return feedRows(this.db, principal, query)
  }

  async candidates(query: CandidateQuery): Promise<{ sessionId: string; message: Message }[]> {
    return candidates(this.db, query)
  }

  async prompts(query: PromptRowsQuery): Promise<PromptRows> {
    return promptRows(this.db, query)
  }

  async active(keepers?: readonly string[]): Promise<string[]> {
    return [...this.db.sessions.values()]
      .filter(({ row }) => !isHidden(row) && isActive(row.record))
      .filter(({ row }) => keepers?.includes(keeperOf(row) ?? '-') ?? true)
      .map(({ row }) => row.id)
  }

  async idle({ until, after, limit }: IdleQuery): Promise<SessionImage[]> {
    const isAfter = (row: SessionRow) => !after || byIdleness(placeOfRow(row), after) > 0
    const idle = [...this.db.sessions.values()].filter(
      ({ row }) =>
        !isHidden(row) && !isActive(row.record) && row.updatedAt <= until && isAfter(row),
    )
    idle.sort((a, b) => byIdleness(placeOfRow(a.row), placeOfRow(b.row)))
    return idle.slice(0, limit).map((data) => imageOf(data, { id: data.row.id }))
  }

  async due({ after, limit, retention, copying }: DueQuery): Promise<SessionRow[]> {
    const due = [...this.db.sessions.values()].filter(({ row, events }) => {
      if (row.key <= after) return false
      if (copying) return row.copying !== undefined
      if (!retention) return row.fork !== undefined || row.erasing !== undefined
      const oldest = events[0]?.events[0]?.at ?? Infinity
      const surplus = newestSeq({ row, events }) - row.floor - retention.events
      return !isHidden(row) && (oldest < retention.before || surplus > 0)
    })
    const rows = due.map(({ row }) => row).sort((a, b) => a.key - b.key)
    return rows.slice(0, limit)
  }

  protected find(key: number | undefined): SessionData | undefined {
    if (key === undefined) return undefined
    return this.#drafts?.get(key) ?? this.db.sessions.get(key)
  }

  /** What a session remembers, by name. */
  protected rememberedIn(session: number): ReadonlyMap<string, number> {
    return this.find(session)?.remembered ?? new Map()
  }
}

type IdlePlace = NonNullable<IdleQuery['after']>

function placeOfRow({ id: sessionId, updatedAt }: SessionRow): IdlePlace {
  return { sessionId, updatedAt }
}

/** The order of {@link IdleQuery}. */
function byIdleness(a: IdlePlace, b: IdlePlace): number {
  if (a.updatedAt !== b.updatedAt) return a.updatedAt - b.updatedAt
  if (a.sessionId === b.sessionId) return 0
  return a.sessionId < b.sessionId ? -1 : 1
}

export function rememberedName(kind: RememberedKind, id: string): string {
  return `${kind} ${id}`
}

function shownById(data: SessionData, id: string): Message | undefined {
  const row = rowOf(data, id)
  return row && !row.hidden ? row.message : undefined
}

function messagesIn(data: SessionData, range: MessageRange): Message[] {
  const found: Message[] = []
  let bytes = 0
  for (const row of shownRows(data, range)) {
    found.push(row.message)
    bytes += row.bytes
    if (found.length > 1 && (found.length > range.messages || bytes > range.bytes)) break
  }
  return found
}

function eventsIn(
  { events }: SessionData,
  { after = 0, before = Infinity, from, bytes }: EventRange,
): Pick<SessionReading, 'events' | 'complete'> {
  const rows: EventRow[] = []
  let size = 0
  const start = indexAbove(events, after, lastOf)
  const end = indexAbove(events, before - 1, ({ first }) => first)
  for (let step = 0; step < end - start; step++) {
    const row = events[from === 'oldest' ? start + step : end - 1 - step]
    if (!row) break
    rows.push(row)
    size += row.bytes
    if (size > bytes) return { events: rows, complete: step === end - start - 1 }
  }
  return { events: rows, complete: true }
}

function nameOf(name: string): RememberedName {
  const kinds: readonly RememberedKind[] = ['gone', 'import', 'child', 'used']
  const kind = kinds.find((each) => name.startsWith(`${each} `)) ?? 'gone'
  return { kind, id: name.slice(kind.length + 1) }
}

function imageOf(data: SessionData, { known, tagAt }: SessionAsk): SessionImage {
  const { row, messages, events } = data
  const { seq: base } = row.record
  const isThere = known?.key === row.key && holds(data, known)
  const isKnown = isThere && known.base === base
  const isLost = known?.key === row.key && !isThere && row.floor <= known.seq
  const after = isKnown ? Math.max(known.seq, base) : base
  const entry = tagAt === undefined ? undefined : events[indexAbove(events, tagAt - 1, lastOf)]
  return {
    row,
    tail: events.slice(indexAbove(events, after, lastOf)),
    ...(!isKnown && {
      open: messages.flatMap(({ message }) => (message.status === 'open' ? message : [])),
    }),
    ...(isLost && { isLost }),
    ...(entry && entry.first <= (tagAt ?? 0) && { tagAt: entry.tag }),
  }
}
