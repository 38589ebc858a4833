import type { Event } from '@caughtup/schema'

import { sessionChanged } from '../../../errors/session-errors.ts'
import { entriesOf } from '../../../journal/entries.ts'
import { type Segment, segmentBytes } from '../../../journal/segment.ts'
import type {
  CopiedEntries,
  CopiedMessage,
  CopiedName,
  CopiedSession,
  CopyPlace,
  SessionCopy,
} from '../../../port/session-copy.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import type { Database, Row } from '../file/database.ts'
import { metadataIn } from '../rows/metadata-row.ts'
import { messageIn } from '../rows/message-rows.ts'
import { owedIn } from '../rows/owed-rows.ts'
import type { JournalReads } from './journal-reads.ts'

/** A session is copied in parts, its stretches; one has about this many rows or bytes. */
const stretchRows = 500
const stretchBytes = 2 * 1024 * 1024

/**
 * Reads one stretch of a packed session. Must be called in a read transaction.
 *
 * @throws CaughtupError `CONFLICT` if the session changed since its first stretch was read
 */
export function readSession(
  { db, journal }: { db: Database; journal: JournalReads },
  cached: CachedSession,
  place: CopyPlace = { part: 'messages', after: 0, seq: -1, stretch: 1 },
): SessionCopy {
  const { stretch } = place
  const { seq } = cached.record
  if (stretch > 1 && place.seq !== seq) throw sessionChanged(cached.id)
  const session = copiedSession(db, cached)
  const copy = { stretch, session, messages: [], entries: [], remembered: [], owed: [] }
  const following = { seq, stretch: stretch + 1 }
  const after = typeof place.after === 'number' ? place.after : 0
  switch (place.part) {
    case 'messages': {
      const { messages, last } = copiedMessages(db, cached, after)
      const next =
        last === undefined
          ? { part: 'entries' as const, after: session.floor, ...following }
          : { part: 'messages' as const, after: last, ...following }
      return { ...copy, messages, next }
    }
    case 'entries': {
      const { entries, last } = copiedEntries(journal.above(cached, after))
      const next =
        last === undefined
          ? { part: 'names' as const, after: '', ...following }
          : { part: 'entries' as const, after: last, ...following }
      return { ...copy, entries, next }
    }
    case 'names': {
      const remembered = copiedNames(db, cached.key, String(place.after))
      const last = remembered.length === stretchRows ? remembered.at(-1) : undefined
      const next = last && {
        part: 'names' as const,
        after: `${last.kind} ${last.id}`,
        ...following,
      }
      if (next) return { ...copy, remembered, next }
      return { ...copy, remembered, owed: owedIn(db, cached.key) }
    }
  }
}

function copiedSession(
  db: Database,
  { key, id, journal, record, tag }: CachedSession,
): CopiedSession {
  const row = db.get('SELECT * FROM sessions WHERE key = ?', key)
  const members = db.all(
    'SELECT principal, read_up_to FROM members WHERE session = ? ORDER BY owner DESC, principal',
    key,
  )
  return {
    id,
    journal,
    record,
    tag,
    title: String(row?.['title']),
    createdAt: Number(row?.['created_at']),
    updatedAt: Number(row?.['updated_at']),
    ...(row && metadataIn(row, db)),
    floor: Number(row?.['floor']),
    floorTag: String(row?.['floor_tag']),
    members: members.map((member) => ({
      principal: String(member['principal']),
      readUpTo: Number(member['read_up_to']),
    })),
  }
}

function copiedMessages(db: Database, { key, overlay }: CachedSession, after: number) {
  const found = db.iterate(
    `SELECT ord, id, epoch, hidden, anchor, body, octet_length(body) AS bytes FROM messages
     WHERE session = ? AND ord > ? ORDER BY ord`,
    key,
    after,
  )
  const rows: Row[] = []
  let bytes = 0
  let isFull = false
  for (const row of found) {
    isFull = rows.length === stretchRows || bytes > stretchBytes
    if (isFull) break
    rows.push(row)
    bytes += Number(row['bytes'])
  }
  const messages = rows.flatMap((row): CopiedMessage[] => {
    const message = overlay.get(String(row['id'])) ?? messageIn(db, row)
    if (!message) return []
    const [stretch, after] = [Number(row['hidden']), Number(row['anchor'])]
    return [{ message, ...(stretch > 0 && { hidden: { stretch, after } }) }]
  })
  const last = isFull ? Number(rows.at(-1)?.['ord']) : undefined
  if (last !== undefined) return { messages, last }
  // Messages that were created after the session was packed have no rows yet.
  const copied = new Set(rows.map((row) => String(row['id'])))
  for (const message of overlay.values()) {
    if (message.order > after && !copied.has(message.id)) messages.push({ message })
  }
  return { messages, last }
}

/** The first entries, as many as fill one stretch; `last` is their newest seq if there are more. */
function copiedEntries(segments: Iterable<Segment>): {
  entries: CopiedEntries[]
  last: number | undefined
} {
  const entries: { tag: string; events: Event[] }[] = []
  let bytes = 0
  for (const segment of segments) {
    const last = entries.at(-1)?.events.at(-1)?.seq
    if (last !== undefined && bytes > stretchBytes) return { entries, last }
    const events = [...entriesOf(segment, 'oldest')]
    for (const event of events) bytes += segmentBytes(segment, event)
    entries.push({ tag: segment.tag, events })
  }
  return { entries, last: undefined }
}

function copiedNames(db: Database, key: number, after: string): CopiedName[] {
  const rows = db.all(
    `SELECT kind, id, count FROM remembered WHERE session = ? AND kind || ' ' || id > ?
     ORDER BY kind, id LIMIT ?`,
    key,
    after,
    stretchRows,
  )
  return rows.map((row) => ({
    kind: kindOf(String(row['kind'])),
    id: String(row['id']),
    count: Number(row['count']),
  }))
}

function kindOf(text: string): CopiedName['kind'] {
  return text === 'child' || text === 'import' || text === 'used' ? text : 'gone'
}
