import type { Message } from '@caughtup/schema'

import { countKept } from '../../../journal/retention.ts'
import { countTypes } from '../../../journal/list-events.ts'
import { type Segment, segmentsAfter, sizeOf } from '../../../journal/segment.ts'
import { StorageError } from '../../../port/storage-error.ts'
import { encodeBlock } from '../codec/block-codec.ts'
import type { Database } from '../file/database.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import type { SessionCache } from '../cache/session-cache.ts'
import type { MessageRows } from '../rows/message-rows.ts'
import { encodeRecord } from '../rows/record-row.ts'

/** A session is packed when it rests, or when what is not packed passes either bound. */
const unpackedEntries = 512
const unpackedBytes = 256 * 1024
/** A block is read as a whole, for however few of its entries. */
const blockBytes = 64 * 1024
/** With so many bytes, a session is packed right after the commit that brings them. */
const heavyBytes = 1024 * 1024
/** A session that does neither is packed after so many more rows of the log. */
const mostBehind = 2_000
/** An open message is written again when it has grown by half: at most three times its size in total. */
const growth = 1.5
/** What one step may do, so that no transaction takes longer than about 10 ms. */
const stepSessions = 32
const stepBytes = 128 * 1024

export interface PackContext {
  db: Database
  cache: SessionCache
  messages: MessageRows
}

/**
 * Packs some of the sessions that are due, in one transaction; whether more are. The writers of the
 * log's rows up to `abandoned` would have packed them by now if they lived.
 */
export function packDue(context: PackContext, abandoned: number): boolean {
  const { cache } = context
  const due: CachedSession[] = []
  const failing: CachedSession[] = []
  let bytes = 0
  let more = false
  for (const cached of cache.unpacked()) {
    if (!isDue(cached, cache.lastLogId, abandoned)) continue
    if (cached.failsToPack) {
      failing.push(cached)
      continue
    }
    if (due.length >= stepSessions || bytes >= stepBytes) {
      more = true
      break
    }
    due.push(cached)
    bytes += cached.unpacked.bytes
  }
  // Those that failed wait until no other session does.
  if (due.length === 0) due.push(...failing.slice(0, stepSessions))
  if (due.length === 0) return false
  packEach(due, context)
  return more
}

/** Packs these sessions in one transaction. */
export function packAll(sessions: readonly CachedSession[], context: PackContext): void {
  const { db, cache } = context
  let packed: CachedSession[]
  try {
    packed = db.transaction(() => {
      cache.notice()
      // Another process may have written on, or packed, or deleted it; what is stale is left alone.
      return sessions.filter(
        (cached) => cache.inMemory(cached.key) === cached && packOne(cached, context),
      )
    })
  } catch (error) {
    // What was noted as written was taken back.
    for (const cached of sessions) cached.written.clear()
    throw error
  }
  for (const cached of packed) {
    cached.markPacked(cached.seq)
    cached.own = false
    cached.failsToPack = false
  }
  cache.packed(packed)
}

/**
 * The same for each by itself where something in them breaks the transaction, so that a session that
 * cannot be packed does not stop the others.
 *
 * @throws the first failure, once the others are packed
 */
function packEach(sessions: readonly CachedSession[], context: PackContext): void {
  try {
    packAll(sessions, context)
  } catch (error) {
    if (!isOfOne(error)) throw error
    let first: Error | undefined
    for (const cached of sessions) {
      try {
        packAll([cached], context)
      } catch (failure) {
        if (!(failure instanceof Error) || !isOfOne(failure)) throw failure
        cached.failsToPack = true
        first ??= failure
      }
    }
    if (first) throw first
  }
}

/** Whether what broke a transaction may be one session's matter, as a busy or full database is not. */
function isOfOne(error: unknown): boolean {
  return !(error instanceof StorageError) || error.failure === 'corrupt'
}

/** Whether a session was written faster than maintenance came round. */
export function isHeavy({ unpacked, failsToPack }: CachedSession): boolean {
  return unpacked.bytes >= heavyBytes && !failsToPack
}

/** Packs heavy sessions, so that memory stays bounded. They are committed already, so a failure is not theirs. */
export function packHeavy(heavy: readonly CachedSession[], context: PackContext): void {
  if (heavy.length === 0) return
  try {
    packEach(heavy, context)
  } catch {
    // Maintenance tries again, and says so: the commit itself has succeeded.
  }
}

/** Whether a session's entries leave the log now. */
function isDue(cached: CachedSession, lastLogId: number, abandoned: number): boolean {
  const { logId = lastLogId } = cached
  if (lastLogId - logId >= mostBehind) return true
  const { entries, bytes } = cached.unpacked
  const rests = !cached.record.run && cached.record.queue.length === 0
  // A session's writer packs it; others only do where the writer seems to be dead.
  if (!cached.own) return rests && logId <= abandoned
  return rests || entries >= unpackedEntries || bytes >= unpackedBytes
}

function packOne(cached: CachedSession, { db, messages }: PackContext): boolean {
  const { key, record } = cached
  const row = db.get('SELECT packed FROM sessions WHERE key = ?', key)
  if (!row) return false
  const packed = Number(row['packed'])
  if (packed >= record.seq) return true
  packEntries(db, key, segmentsAfter(cached.segments, packed))
  for (const message of cached.overlay.values()) {
    // The packing up to there has written the others.
    if (message.revision > packed) writeMessage(cached, message, messages)
  }
  db.run(
    'UPDATE sessions SET packed = ?, record = ?, tag = ? WHERE key = ?',
    record.seq,
    encodeRecord(record),
    cached.tag,
    key,
  )
  return true
}

function writeMessage(cached: CachedSession, message: Message, messages: MessageRows): void {
  const { key, written } = cached
  const isOpen = message.status === 'open'
  const before = written.get(message.id)
  if (isOpen && before !== undefined && lengthOf(message) < before * growth) return
  const body = JSON.stringify(message)
  messages.write(key, message, body)
  if (isOpen) written.set(message.id, body.length)
  else written.delete(message.id)
}

/** About the length of the message's JSON, without making it. */
function lengthOf({ parts }: Message): number {
  let size = 200
  for (const part of parts) {
    if (part.type === 'text' || part.type === 'reasoning') size += part.text.length
    else if (part.type === 'dynamic-tool' && part.state === 'input-streaming') {
      size += part.rawInput.length
    } else size += 200
  }
  return size
}

/** Writes entries as blocks of at most `blockBytes`, except for a single entry that is larger. */
export function packEntries(db: Database, key: number, segments: readonly Segment[]): void {
  let block: Segment[] = []
  let bytes = 0
  for (const segment of segments) {
    const size = sizeOf(segment)
    if (bytes > 0 && bytes + size > blockBytes) {
      writeBlock(db, key, block)
      block = []
      bytes = 0
    }
    block.push(segment)
    bytes += size
  }
  writeBlock(db, key, block)
}

function writeBlock(db: Database, key: number, segments: readonly Segment[]): void {
  const [first, last] = [segments[0], segments.at(-1)]
  if (!first || !last) return
  let [firstAt, lastAt, firstEpoch, lastEpoch] = [Infinity, 0, Infinity, 0]
  for (const segment of segments) {
    const { ats, epoch } = spanOf(segment)
    for (const at of ats) {
      firstAt = Math.min(firstAt, at)
      lastAt = Math.max(lastAt, at)
    }
    firstEpoch = Math.min(firstEpoch, epoch)
    lastEpoch = Math.max(lastEpoch, epoch)
  }
  db.run(
    `INSERT OR REPLACE INTO blocks
       (session, first_seq, last_seq, first_at, last_at, first_epoch, last_epoch, counts, entries,
        body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    key,
    first.from,
    last.seq,
    firstAt,
    lastAt,
    firstEpoch,
    lastEpoch,
    JSON.stringify(countTypes(segments, {})),
    countKept(segments),
    encodeBlock(segments),
  )
}

function spanOf(segment: Segment): { ats: readonly number[]; epoch: number } {
  if (segment.kind !== 'single') return segment
  const { at, epoch } = segment.event
  return { ats: [at], epoch }
}
