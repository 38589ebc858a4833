import type { Message } from '@caughtup/schema'

import { jsonBytes } from '../../base/bytes.ts'
import type { MessageChange } from '../rows/tables/rows.ts'
import { indexAbove, type SessionData, type StoredMessage } from './database.ts'

type Rows = Pick<SessionData, 'messages' | 'orders'>

const orderOf = ({ order }: StoredMessage) => order

/** The row of an id, also of a hidden or removed message. */
export function rowOf({ messages, orders }: Rows, id: string): StoredMessage | undefined {
  const order = orders.get(id)
  if (order === undefined) return undefined
  const row = messages[indexAbove(messages, order - 1, orderOf)]
  return row?.id === id ? row : undefined
}

/** Orders, both excluded. */
interface Range {
  after?: number
  before?: number
  from?: 'oldest' | 'newest'
}

/** Shown messages with orders in a range. */
export function* shownMessages(rows: Pick<Rows, 'messages'>, range: Range): Iterable<Message> {
  for (const { message } of shownRows(rows, range)) yield message
}

/** The same as rows. */
export function* shownRows(
  { messages }: Pick<Rows, 'messages'>,
  { after = -Infinity, before = Infinity, from = 'oldest' }: Range,
): Iterable<StoredMessage & { message: Message }> {
  const start = indexAbove(messages, after, orderOf)
  const end = before === Infinity ? messages.length : indexAbove(messages, before - 1, orderOf)
  for (let step = 0; step < end - start; step++) {
    const row = messages[from === 'oldest' ? start + step : end - 1 - step]
    if (row && isShown(row)) yield row
  }
}

/** What the newest undo hides, and how many undos hide something. */
export function hiddenMessages({ messages }: Pick<Rows, 'messages'>): {
  messages: Message[]
  undos: number
} {
  const hidden = messages.filter((row) => row.hidden > 0 && row.message)
  const newest = newestUndo(messages)
  return {
    messages: hidden.flatMap((row) => (row.hidden === newest && row.message ? row.message : [])),
    undos: new Set(hidden.map((row) => row.hidden)).size,
  }
}

/** The rows after a change. */
export function changed(rows: Rows, change: MessageChange): readonly StoredMessage[] {
  const { messages } = rows
  switch (change.change) {
    case 'put':
      return put(rows, change.messages)
    case 'remove': {
      const ids = new Set(change.messageIds)
      return messages.map((row) => (ids.has(row.id) ? removed(row) : row))
    }
    case 'truncate':
      return messages.map((row) => (isShownAfter(row, change.after) ? removed(row) : row))
    case 'hide': {
      const undo = newestUndo(messages) + 1
      return messages.map((row) =>
        isShownAfter(row, change.after) ? { ...row, hidden: undo } : row,
      )
    }
    case 'restore': {
      const newest = newestUndo(messages)
      return messages.map((row) =>
        newest > 0 && row.hidden === newest ? { ...row, hidden: 0 } : row,
      )
    }
    case 'forget-hidden':
      return messages.map((row) => (row.hidden > 0 ? removed(row) : row))
  }
}

function put({ messages, orders }: Rows, added: readonly Message[]): StoredMessage[] {
  const rows = [...messages]
  for (const message of added) {
    const { id, order } = message
    const index = indexAbove(rows, order - 1, orderOf)
    const before = rows[index]
    const isThere = before?.order === order
    const bytes = message.status === 'done' ? jsonBytes(message) : 0
    const row = { order, id, hidden: isThere ? before.hidden : 0, message, bytes }
    rows.splice(index, isThere ? 1 : 0, row)
    orders.set(id, order)
  }
  return rows
}

function removed({ order, id }: StoredMessage): StoredMessage {
  return { order, id, hidden: 0, bytes: 0 }
}

function isShown(row: StoredMessage): row is StoredMessage & { message: Message } {
  return row.message !== undefined && row.hidden === 0
}

function isShownAfter({ order, hidden, message }: StoredMessage, after: number): boolean {
  return order > after && hidden === 0 && message !== undefined
}

function newestUndo(messages: readonly StoredMessage[]): number {
  let newest = 0
  for (const { hidden, message } of messages) if (message) newest = Math.max(newest, hidden)
  return newest
}
