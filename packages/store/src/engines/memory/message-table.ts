import type { Message } from '@caughtup/schema'

import { jsonBytes } from '../../base/bytes.ts'
import type { MessageChange } from '../rows/tables/rows.ts'
import { indexAbove, type SessionData, type StoredMessage } from './database.ts'

type Rows = Pick<SessionData, 'messages' | 'orders'>

const orderOf = ({ order }: StoredMessage) => order

/** The row of an id, also of a hidden message. */
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
): Iterable<StoredMessage> {
  const start = indexAbove(messages, after, orderOf)
  const end = before === Infinity ? messages.length : indexAbove(messages, before - 1, orderOf)
  for (let step = 0; step < end - start; step++) {
    const row = messages[from === 'oldest' ? start + step : end - 1 - step]
    if (row?.hidden === 0) yield row
  }
}

/** The messages that the newest undo hides, and the number of undos. */
export function hiddenMessages({ messages }: Pick<Rows, 'messages'>): {
  messages: Message[]
  undos: number
} {
  const hidden = messages.filter((row) => row.hidden > 0)
  const newest = newestUndo(messages)
  return {
    messages: hidden.filter((row) => row.hidden === newest).map(({ message }) => message),
    undos: new Set(hidden.map((row) => row.hidden)).size,
  }
}

/** The rows after a change, and the ids that it removes. */
export function changed(
  rows: Rows,
  change: MessageChange,
): { messages: readonly StoredMessage[]; removed: readonly string[] } {
  const { messages } = rows
  switch (change.change) {
    case 'put':
      return { messages: put(rows, change), removed: [] }
    case 'remove': {
      const ids = new Set(change.messageIds)
      return without(messages, ({ id }) => ids.has(id))
    }
    case 'truncate':
      return without(messages, (row) => isShownAfter(row, change.after))
    case 'hide': {
      const undo = newestUndo(messages) + 1
      const hidden = messages.map((row) =>
        isShownAfter(row, change.after) ? { ...row, hidden: undo } : row,
      )
      return { messages: hidden, removed: [] }
    }
    case 'restore': {
      const newest = newestUndo(messages)
      const shown = messages.map((row) =>
        newest > 0 && row.hidden === newest ? { ...row, hidden: 0 } : row,
      )
      return { messages: shown, removed: [] }
    }
    case 'forget-hidden':
      return without(messages, ({ hidden }) => hidden > 0)
  }
}

function put(
  { messages, orders }: Rows,
  { messages: added, hidden }: Extract<MessageChange, { change: 'put' }>,
): StoredMessage[] {
  const rows = [...messages]
  for (const message of added) {
    const { id, order } = message
    const index = indexAbove(rows, order - 1, orderOf)
    const before = rows[index]
    const isThere = before?.order === order
    const bytes = message.status === 'done' ? jsonBytes(message) : 0
    const row = { order, id, hidden: hidden ?? (isThere ? before.hidden : 0), message, bytes }
    rows.splice(index, isThere ? 1 : 0, row)
    orders.set(id, order)
  }
  return rows
}

function without(messages: readonly StoredMessage[], isMeant: (row: StoredMessage) => boolean) {
  const removed = messages.filter(isMeant).map(({ id }) => id)
  return { messages: messages.filter((row) => !isMeant(row)), removed }
}

function isShownAfter({ order, hidden }: StoredMessage, after: number): boolean {
  return order > after && hidden === 0
}

function newestUndo(messages: readonly StoredMessage[]): number {
  let newest = 0
  for (const { hidden } of messages) newest = Math.max(newest, hidden)
  return newest
}
