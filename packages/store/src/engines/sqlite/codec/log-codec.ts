import type { Event } from '@caughtup/schema'

import { asAppend } from '../../../journal/segment.ts'
import { decodeEvent, encodeEvent, isCount, isId } from './event-codec.ts'

/*
 * A row of the log has one line per entry of the commit:
 *   [session, messageId, part, epoch, seq, at, text]   a delta that only appends
 *   [session, event]                                   any other entry
 *   [session, "forget", id]                            the session was deleted, or its copy is complete
 *   [session, "members"]                               its members changed; this is no entry of its journal
 * JSON has no line breaks, so that a damaged line stays one.
 */

export function encodeEntry(session: number, event: Event): string {
  return new EntryEncoder(session).encode(event)
}

/** Encodes one session's entries. Consecutive deltas of a message reuse the beginning of their line. */
export class EntryEncoder {
  readonly #session: number
  #messageId = ''
  #part = -1
  #epoch = -1
  #head = ''

  constructor(session: number) {
    this.#session = session
  }

  encode(event: Event): string {
    const append = asAppend(event)
    if (!append) return `[${this.#session},${encodeEvent(event)}]`
    const { seq, epoch, at, messageId } = append.event
    const { part, text } = append
    if (messageId !== this.#messageId || part !== this.#part || epoch !== this.#epoch) {
      this.#messageId = messageId
      this.#part = part
      this.#epoch = epoch
      // An id contains no characters that JSON would have to escape.
      this.#head = `[${this.#session},"${messageId}",${part},${epoch},`
    }
    return `${this.#head}${seq},${at},${JSON.stringify(text)}]`
  }
}

/**
 * A line that makes other processes drop the session from their caches. It has the session's id, which
 * they may not know and can no longer read.
 */
export function encodeForgetting(session: number, id: string): string {
  return JSON.stringify([session, 'forget', id])
}

/** A line that tells other processes that the session's members changed. */
export function encodeMembersChanged(session: number): string {
  return `[${session},"members"]`
}

/** A decoded line; an event that cannot be decoded is replaced by an `unreadable` one. */
export interface LogLine {
  session: number
  /** `forget` if the session must be dropped from the cache. */
  entry: Event | 'forget' | 'members'
  /** The session's id, if the line has it. */
  id?: string
}

/** The lines of a row of the log; `undefined` for a damaged line that does not even name its session. */
export function* decodeLog(body: string): Iterable<LogLine | undefined> {
  for (const line of body.split('\n')) yield decodeLine(line)
}

function decodeLine(line: string): LogLine | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!Array.isArray(value)) return undefined
  const fields: readonly unknown[] = value
  const [session, second] = fields
  if (!isCount(session)) return undefined
  if (fields.length === 3) {
    const [, , id] = fields
    return second === 'forget' && typeof id === 'string'
      ? { session, entry: 'forget', id }
      : undefined
  }
  if (fields.length === 2) {
    if (second === 'members') return { session, entry: 'members' }
    const seq: unknown = Object(second)['seq']
    return isCount(seq) ? { session, entry: decodeEvent(second, seq) } : undefined
  }
  const [, messageId, part, epoch, seq, at, text] = fields
  if (!isCount(seq) || !isCount(epoch) || !isCount(at) || !isCount(part)) return undefined
  if (!isId(messageId) || typeof text !== 'string') return undefined
  const ops = [{ op: 'append' as const, part, text }]
  return { session, entry: { type: 'message-delta', seq, from: seq, epoch, at, messageId, ops } }
}
