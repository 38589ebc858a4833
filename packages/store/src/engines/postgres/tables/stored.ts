import { createHash } from 'node:crypto'

import type { Message } from '@caughtup/schema'

import { promptAuthor } from '../../../core/reading/prompts.ts'
import type { HiddenIn } from '../../../port/session-copy.ts'
import type { MemberRow, SessionRow } from '../../rows/tables/rows.ts'
import { isActive, isHidden, keeperOf } from '../../rows/tables/rows.ts'

/** As a bigint. */
export function bounded(value: number): number {
  return Math.trunc(Math.max(-Number.MAX_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER)))
}

/** A key for a text of any length and any characters. */
export function hashOf(text: string): string {
  return createHash('sha256').update(JSON.stringify(text)).digest('base64url')
}

/** A text with whatever characters, so that a beginning of one is a beginning of the other too. */
export function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

export function unescaped(text: string): string {
  return String(JSON.parse(`"${text}"`))
}

export interface StoredSession {
  key: number
  body: string
}

export function sessionRow({ key, body }: StoredSession): SessionRow {
  const row: Omit<SessionRow, 'key'> = JSON.parse(body)
  return { ...row, key }
}

/** The columns of `sessions` beside its key, in their order. */
export function sessionValues(row: Omit<SessionRow, 'key'>) {
  const { id, record, floor, updatedAt, fork, copying, erasing } = row
  return {
    id,
    seq: record.seq,
    floor,
    updatedAt,
    active: isActive(record),
    keeper: keeperOf(row) ?? null,
    hidden: isHidden(row),
    job: fork !== undefined || erasing !== undefined,
    copying: copying !== undefined,
    body: JSON.stringify({ ...row, key: undefined }),
  }
}

export interface StoredMessage {
  ord: number
  hidden: number
  anchor: number
  body: string
}

export function messageOf({ body }: Pick<StoredMessage, 'body'>): Message {
  const message: Message = JSON.parse(body)
  return message
}

export function hiddenIn({ hidden, anchor }: StoredMessage): HiddenIn | undefined {
  return hidden > 0 ? { stretch: hidden, after: anchor } : undefined
}

/** The columns of `messages` that follow from a message. */
export function messageValues(message: Message) {
  const author = promptAuthor(message)
  return {
    ord: message.order,
    id: message.id,
    epoch: message.epoch,
    revision: message.revision,
    role: message.role,
    open: message.status === 'open',
    author: author === undefined ? null : hashOf(author),
    created: message.metadata.createdAt,
    body: JSON.stringify(message),
  }
}

export interface StoredMember {
  name: string
  read_up_to: number
  position: number
}

export function memberRow({ name, read_up_to: readUpTo, position }: StoredMember): MemberRow {
  return { principal: unescaped(name), readUpTo, position }
}
