import { createHash } from 'node:crypto'

import { CaughtupError, type Cursor, preview, type ReplayReason } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { MountAnswer } from '../../host/mount.ts'
import { fromOffset, toOffset } from './offset.ts'
import type { LogRead, StreamLog } from './stream-log.ts'

export interface ReadAsked {
  query: URLSearchParams
  headers: Headers
  signal: AbortSignal
  clock: Clock
  /** How long a long-poll waits, in ms. */
  longPoll: number
}

type Live = 'long-poll' | 'sse' | undefined

/** Headers of what nobody may store: it is true for the moment. */
const unstored = { 'cache-control': 'no-store' }
/**
 * A cache has to ask again each time: the reader may have lost its right to read, and an erasure takes content
 * out of entries that were read before.
 */
const stored = { 'cache-control': 'private, no-cache' }

/** `HEAD`: where the stream's tail is. */
export async function answerHead(log: StreamLog, signal: AbortSignal): Promise<MountAnswer> {
  const next = await log.head(signal)
  // Without a body an answer would have no content type.
  return { headers: { ...unstored, ...whereOf(log, next) }, text: '' }
}

/**
 * `GET`: the entries after an offset; live, those that are to come as well.
 *
 * @throws CaughtupError `BAD_INPUT` for the query
 */
export async function answerRead(log: StreamLog, asked: ReadAsked): Promise<MountAnswer> {
  const { query, signal } = asked
  const live = liveOf(query)
  const offset = offsetOf(query, live)
  const read =
    offset === 'now'
      ? { body: undefined, next: await log.head(signal), upToDate: true }
      : await log.read(offset, signal)
  if (typeof read === 'string') return gone(query, read)
  if (live === 'sse') return answerEvents(log, read, asked)
  if (live === 'long-poll') return answerPoll(log, read, asked)
  const headers = { ...whereOf(log, read.next), ...(read.upToDate && upToDate) }
  const text = read.body ?? log.empty
  if (offset === 'now') return { headers: { ...headers, ...unstored }, text }
  const etag = etagOf(headers, text)
  if (isKnown(asked.headers.get('if-none-match'), etag)) {
    return { status: 304, headers: { ...headers, ...stored, etag } }
  }
  return { headers: { ...headers, ...stored, etag }, text }
}

/** Waits for entries if there are none. */
async function answerPoll(
  log: StreamLog,
  found: LogRead,
  { query, signal, clock, longPoll }: ReadAsked,
): Promise<MountAnswer> {
  const waiting = new AbortController()
  const cancel = clock.after(longPoll, () => waiting.abort())
  let read = found
  try {
    if (found.body === undefined) {
      const until = AbortSignal.any([signal, waiting.signal])
      for await (const next of log.follow(found.next, until)) {
        read = next
        break
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!waiting.signal.aborted) throw error
  } finally {
    cancel()
  }
  const headers = {
    ...whereOf(log, read.next),
    ...unstored,
    ...(read.upToDate && upToDate),
    'stream-cursor': cursorOf(query, clock),
  }
  return read.body === undefined ? { status: 204, headers } : { headers, text: read.body }
}

/** All entries from now on, until the signal: then it ends, and the client comes back for more. */
function answerEvents(log: StreamLog, found: LogRead, asked: ReadAsked): MountAnswer {
  const { query, signal, clock } = asked
  async function* events() {
    yield eventsOf(found, cursorOf(query, clock))
    try {
      for await (const read of log.follow(found.next, signal)) {
        yield eventsOf(read, cursorOf(query, clock))
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  return { events: events() }
}

/** The entries as one event, if there are any, and the one that says where they end. */
function eventsOf({ body, next, upToDate: isTail }: LogRead, streamCursor: string): string {
  const lines = body?.split(/\r\n|\r|\n/).map((line) => `data:${line}\n`)
  const data = lines ? `event: data\n${lines.join('')}\n` : ''
  const control = {
    streamNextOffset: toOffset(next),
    streamCursor,
    ...(isTail && { upToDate: true }),
  }
  return `${data}event: control\ndata:${JSON.stringify(control)}\n\n`
}

const upToDate = { 'stream-up-to-date': 'true' }

function whereOf({ contentType }: StreamLog, next: Cursor): Record<string, string> {
  return { 'content-type': contentType, 'stream-next-offset': toOffset(next) }
}

/** Of the entries and of what the headers say: a cached answer is given with the headers that it had. */
function etagOf(headers: Record<string, string>, text: string): string {
  const hash = createHash('sha256').update(JSON.stringify(headers)).update(text)
  return `"${hash.digest('base64url')}"`
}

function isKnown(given: string | null, etag: string): boolean {
  // What compresses an answer on its way makes its etag weak.
  const tags = given?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  return tags.some((tag) => tag === etag || tag === '*')
}

/** When the intervals of cursors begin, and how long one is, in ms: both as the protocol has them. */
const cursorEpoch = Date.UTC(2024, 9, 9)
const cursorInterval = 20_000

/** A number for the next request's `cursor`, which keeps caches apart: above the one that was given. */
function cursorOf(query: URLSearchParams, clock: Clock): string {
  const now = Math.floor((clock.now() - cursorEpoch) / cursorInterval)
  const given = query.get('cursor') ?? ''
  return String(/^[0-9]{1,15}$/.test(given) ? Math.max(now, Number(given) + 1) : now)
}

/** `undefined` for the beginning. */
function offsetOf(query: URLSearchParams, live: Live): Cursor | 'now' | undefined {
  const [offset, ...more] = query.getAll('offset')
  if (offset === undefined) {
    if (live === undefined) return undefined
    throw refused('offset', offset, `A live read (${live}) needs an offset.`)
  }
  if (more.length > 0) throw refused('offset', more[0], 'There can be one offset.')
  if (offset === 'now') return offset
  if (offset === '-1') return undefined
  const cursor = fromOffset(offset)
  if (cursor) return cursor
  throw refused('offset', offset, `${preview(offset)} is no offset of this server.`)
}

function liveOf(query: URLSearchParams): Live {
  const live = query.get('live') ?? undefined
  if (live === undefined || live === 'long-poll' || live === 'sse') return live
  throw refused('live', live, `live must be long-poll or sse, not ${preview(live)}.`)
}

function refused(field: string, value: string | undefined, message: string): CaughtupError {
  const given = value !== undefined && { value: preview(value) }
  return new CaughtupError('BAD_INPUT', message, { field, ...given })
}

/** The journal is another one than the reader's, or begins behind it: read the session anew. */
function gone(query: URLSearchParams, reason: ReplayReason): MountAnswer {
  const message = 'Nothing can be read from this offset any more: read the session anew.'
  const data = { field: 'offset', value: preview(query.get('offset')), reason }
  return { status: 410, headers: unstored, json: { code: 'GONE', status: 410, message, data } }
}
