import type { Message } from '@caughtup/schema'

import { countKept } from '../../../journal/retention.ts'
import { countTypes } from '../../../journal/entries.ts'
import { type Segment, segmentsAfter, sizeOf } from '../../../journal/segment.ts'
import { StorageError } from '../../../port/storage-error.ts'
import { encodeBlock } from '../codec/block-codec.ts'
import type { Database } from '../file/database.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import type { SessionCache } from '../cache/session-cache.ts'
import type { MessageRows } from '../rows/message-rows.ts'
import { encodeRecord } from '../rows/record-row.ts'

/**
 * Packing moves a session's entries from the log to blocks, and its messages to rows. A session is
 * due when it is idle (no run, and an empty queue), or when its unpacked entries pass a bound.
 */
const unpackedEntries = 512
const unpackedBytes = 256 * 1024
/** Size of a block in bytes, before it is compressed. Readers always decode a whole block. */
const blockBytes = 64 * 1024
/** A session with this many unpacked bytes is heavy: it is packed right after the commit. */
const heavyBytes = 1024 * 1024
/** A session that stays below the bounds is packed after this many further rows of the log. */
const mostBehind = 2_000
/**
 * An open message's row is written again once it has grown by half. All its writes together are
 * then at most three times its final size.
 */
const growth = 1.5
/** Bounds of one step, so that no transaction takes longer than about 10 ms. */
const stepSessions = 32
const stepBytes = 128 * 1024

export interface PackContext {
  db: Database
  cache: SessionCache
  messages: MessageRows
}

/**
 * Packs some of the sessions that are due, in one transaction. Returns whether more are due.
 *
 * @param abandoned - the newest row of the log so old that a living writer would have packed it
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
  // Sessions that could not be packed before are tried again when nothing else is due.
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
      // Another process may have changed a session meanwhile, so that the cache dropped or reloaded
      // it. The object here is then outdated and must not be written.
      return sessions.filter(
        (cached) => cache.inMemory(cached.key) === cached && packOne(cached, context),
      )
    })
  } catch (error) {
    // The rollback undid the rows that `written` notes.
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
 * Packs sessions together, or one by one if that fails, so that a session that cannot be packed does
 * not stop the others.
 *
 * @throws the first failure, after the other sessions are packed
 */
function packEach(sessions: readonly CachedSession[], context: PackContext): void {
  try {
    packAll(sessions, context)
  } catch (error) {
    if (!mayBeOfOne(error)) throw error
    let first: Error | undefined
    for (const cached of sessions) {
      try {
        packAll([cached], context)
      } catch (failure) {
        if (!(failure instanceof Error) || !mayBeOfOne(failure)) throw failure
        cached.failsToPack = true
        first ??= failure
      }
    }
    if (first) throw first
  }
}

/** Whether one session may have caused the error, unlike that of a busy or full database. */
function mayBeOfOne(error: unknown): boolean {
  return !(error instanceof StorageError) || error.failure === 'corrupt'
}

/** Whether a session has so many unpacked bytes that it must not wait for maintenance. */
export function isHeavy({ unpacked, failsToPack }: CachedSession): boolean {
  return unpacked.bytes >= heavyBytes && !failsToPack
}

/**
 * Packs heavy sessions, so that memory stays bounded. It does not throw: their commit has already
 * succeeded, and its caller must not get an error.
 */
export function packHeavy(heavy: readonly CachedSession[], context: PackContext): void {
  if (heavy.length === 0) return
  try {
    packEach(heavy, context)
  } catch {
    // Maintenance tries again and reports the error.
  }
}

/** Whether a session should be packed now. */
function isDue(cached: CachedSession, lastLogId: number, abandoned: number): boolean {
  const { logId = lastLogId } = cached
  if (lastLogId - logId >= mostBehind) return true
  const { entries, bytes } = cached.unpacked
  const isIdle = !cached.record.run && cached.record.queue.length === 0
  // The process that wrote the entries packs them; another one only if the writer seems dead.
  if (!cached.own) return isIdle && logId <= abandoned
  return isIdle || entries >= unpackedEntries || bytes >= unpackedBytes
}

function packOne(cached: CachedSession, { db, messages }: PackContext): boolean {
  const { key, record } = cached
  const row = db.get('SELECT packed FROM sessions WHERE key = ?', key)
  if (!row) return false
  const packed = Number(row['packed'])
  if (packed >= record.seq) return true
  packEntries(db, key, segmentsAfter(cached.segments, packed))
  for (const message of cached.overlay.values()) {
    // The rows of older messages were written when the session was last packed.
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

/** Estimates the length of the message's JSON, since encoding it just to compare would be slow. */
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
