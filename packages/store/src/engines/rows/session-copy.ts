import type { Event } from '@caughtup/schema'

import { sessionChanged, sessionExists, sessionNotFound } from '../../errors/session-errors.ts'
import type { CopiedEntries, CopyPlace, SessionCopy } from '../../port/session-copy.ts'
import { redact } from '../../journal/redact.ts'
import { deepFreeze } from './commit/deep-freeze.ts'
import type { LoadedSession } from './commit/session-states.ts'
import type { SessionReads } from './reads.ts'
import type {
  AppendedRow,
  EventRow,
  RememberedKind,
  SessionRow,
  RememberedName,
} from './tables/rows.ts'
import type { Tables, Transaction } from './tables/tables.ts'

/** About the size of one stretch. */
const stretchRows = 500
const stretchBytes = 2 * 1024 * 1024

const kinds: readonly RememberedKind[] = ['gone', 'import', 'child', 'used']

/** @throws CaughtupError `NOT_FOUND`; `CONFLICT` where somebody wrote since the first stretch */
export async function readSession(
  { tables, reads }: { tables: Tables; reads: SessionReads },
  id: string,
  place: CopyPlace = { part: 'messages', after: 0, seq: -1, stretch: 1 },
): Promise<SessionCopy> {
  const { stretch } = place
  const after = typeof place.after === 'number' ? place.after : 0
  const range = { after, from: 'oldest', bytes: stretchBytes } as const
  const reading = await reads.read(id, place.part === 'entries' ? { events: range } : {})
  const { session } = reading
  const { seq } = session.state.record
  if (stretch > 1 && place.seq !== seq) throw sessionChanged(id)
  const copy = {
    stretch,
    session: await copiedSession(tables, session),
    messages: [],
    entries: [],
    remembered: [],
    owed: [],
  }
  const { key, floor } = session.row
  const following = { seq, stretch: stretch + 1 }
  switch (place.part) {
    case 'messages': {
      const rows = await tables.allMessages(key, after, stretchRows)
      const { overlay } = session.state
      const messages = rows.map(({ message, ...rest }) => ({
        message: overlay.get(message.id) ?? message,
        ...rest,
      }))
      const last = rows.length === stretchRows ? rows.at(-1)?.message.order : undefined
      const next =
        last === undefined
          ? { part: 'entries' as const, after: floor, ...following }
          : { part: 'messages' as const, after: last, ...following }
      return { ...copy, messages, next }
    }
    case 'entries': {
      const last = reading.complete ? undefined : reading.events.at(-1)?.seq
      const next =
        last === undefined
          ? { part: 'names' as const, after: '', ...following }
          : { part: 'entries' as const, after: last, ...following }
      return { ...copy, entries: copiedEntries(reading.events, session.row), next }
    }
    case 'names': {
      const remembered = await tables.names(key, nameIn(place.after), stretchRows)
      const last = remembered.length === stretchRows ? remembered.at(-1) : undefined
      const next = last && {
        part: 'names' as const,
        after: `${last.kind} ${last.id}`,
        ...following,
      }
      if (next) return { ...copy, remembered, next }
      const owed = (await tables.owedIn(key)).map(({ hook, attempts, due }) => {
        return { hook, attempts, due }
      })
      return { ...copy, remembered, owed }
    }
  }
}

/**
 * Returns whether the session is complete.
 *
 * @param process - makes the calls of hooks that the session owes
 * @throws CaughtupError `CONFLICT` for an id that a session has already, `NOT_FOUND` for a stretch
 *   that is not the next
 */
export async function writeSession(
  tables: Tables,
  copy: SessionCopy,
  process: string,
): Promise<boolean> {
  const { session, messages, entries, remembered, owed, next } = deepFreeze(copy)
  return tables.transaction(async (transaction) => {
    const row = await target(transaction, copy)
    const { key } = row
    const changes = messages.map(({ message, ...rest }) => {
      return { session: key, change: 'put' as const, messages: [message], ...rest }
    })
    if (changes.length > 0) await transaction.changeMessages(changes)
    const rows = entries.flatMap((each) => appendedRow(key, each) ?? [])
    if (rows.length > 0) await transaction.append(rows)
    for (const kind of kinds) {
      const names = remembered.filter((name) => name.kind === kind)
      const counts = new Map(names.map(({ id, count }) => [id, count]))
      if (counts.size > 0) await transaction.remember(key, kind, counts)
    }
    const { title, metadata, updatedAt, record, tag, floor, floorTag, members } = session
    if (next) {
      const copying = { seq: record.seq, stretch: copy.stretch }
      await transaction.updateSessions([{ ...row, copying }])
      return false
    }
    if (owed.length > 0) {
      await transaction.owe(owed.map((call) => ({ ...call, session: key, process })))
    }
    const { copying: _, ...shown } = row
    const now = { title, updatedAt, record, tag, floor, floorTag, ...(metadata && { metadata }) }
    await transaction.updateSessions([{ ...shown, ...now }])
    for (const { principal, readUpTo } of members) {
      await transaction.mark(key, readUpTo, [principal])
    }
    await transaction.place([key])
    return true
  })
}

/** The row that a stretch is written to; the first one replaces what was left incomplete. */
async function target(
  transaction: Transaction,
  { stretch, session }: SessionCopy,
): Promise<SessionRow> {
  const { id, journal, title, createdAt, updatedAt, members, record } = session
  const [image] = await transaction.lock([{ id }])
  if (image && !image.row.copying) throw sessionExists(id)
  if (stretch > 1) {
    const { copying } = image?.row ?? {}
    const isNext =
      image?.row.journal === journal &&
      copying?.seq === record.seq &&
      copying.stretch === stretch - 1
    if (!isNext) throw sessionNotFound(id)
    return image.row
  }
  if (image) await transaction.deleteSession(image.row.key)
  const principals = members.map(({ principal }) => principal)
  const row = {
    id,
    journal,
    owner: principals[0] ?? '',
    title,
    createdAt,
    updatedAt,
    // Appends are fenced by it until the session is complete.
    record: { ...record, seq: 0 },
    tag: '',
    floor: 0,
    floorTag: '',
    copying: { seq: record.seq, stretch },
  }
  const inserted = await transaction.insertSession(row, principals)
  if (!inserted) throw sessionExists(id)
  return inserted
}

async function copiedSession(tables: Tables, { row, state, tag }: LoadedSession) {
  const { id, title, metadata, createdAt, updatedAt, journal, floor, floorTag } = row
  const members = (await tables.members(id)).map(({ principal, readUpTo }) => {
    return { principal, readUpTo }
  })
  const { record } = state
  const told = { id, title, createdAt, updatedAt, ...(metadata && { metadata }) }
  return { ...told, journal, floor, floorTag, members, record, tag }
}

function copiedEntries(rows: readonly EventRow[], { floor, erasing }: SessionRow): CopiedEntries[] {
  const erased = new Set(erasing?.messageIds)
  const kept = (events: readonly Event[]) =>
    events.filter(({ seq }) => seq > floor).map((event) => redact(event, erased))
  return rows.map(({ tag, events }) => ({ tag, events: kept(events) }))
}

function appendedRow(session: number, { tag, events }: CopiedEntries): AppendedRow | undefined {
  const [first] = events
  const last = events.at(-1)
  return first && last && { session, base: 0, first: first.from, seq: last.seq, tag, events }
}

function nameIn(after: number | string): RememberedName | undefined {
  const text = String(after)
  const kind = kinds.find((each) => text.startsWith(`${each} `))
  return kind && { kind, id: text.slice(kind.length + 1) }
}
