import type { Message } from '@caughtup/schema'

import { jsonBytes } from '../../base/bytes.ts'
import type { MessagePlace, Stretch } from '../../core/lookups.ts'
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
    if (row && !row.hidden) yield row
  }
}

/** Where messages are, hidden ones too. */
export function placeOf(rows: Rows, id: string): MessagePlace | undefined {
  const row = rowOf(rows, id)
  return row && { order: row.order, epoch: row.message.epoch, stretch: stretchOf(row) }
}

/** The row after an order, or before it, in a stretch or (0) of the shown ones. */
export function neighbour(
  { messages }: Pick<Rows, 'messages'>,
  { order, stretch }: { order: number; stretch: number },
  step: 'before' | 'after',
): StoredMessage | undefined {
  const isBeside = (row: StoredMessage) => stretchOf(row) === stretch
  return step === 'after'
    ? messages.slice(indexAbove(messages, order, orderOf)).find(isBeside)
    : messages.slice(0, indexAbove(messages, order - 1, orderOf)).findLast(isBeside)
}

/** The stretches that are hidden in an epoch. */
export function stretchesIn({ messages }: Pick<Rows, 'messages'>, epoch: number): Stretch[] {
  const within = new Map(messages.map((row) => [row.order, stretchOf(row)]))
  const found = new Map<number, Stretch>()
  for (const { hidden, order, message } of messages) {
    if (!hidden || message.epoch !== epoch) continue
    const { stretch: id, after } = hidden
    const { first = order, count = 0, hasPrompt = false } = found.get(id) ?? {}
    found.set(id, {
      id,
      after,
      within: within.get(after) ?? 0,
      first,
      last: order,
      count: count + 1,
      hasPrompt: hasPrompt || message.role === 'user',
    })
  }
  return [...found.values()]
}

/** The messages of a stretch; `undefined` if they have more bytes. */
export function stretchMessages(
  { messages }: Pick<Rows, 'messages'>,
  id: number,
  bytes: number,
): Message[] | undefined {
  const rows = messages.filter((row) => stretchOf(row) === id)
  const size = rows.reduce((sum, row) => sum + row.bytes, 0)
  return size > bytes ? undefined : rows.map(({ message }) => message)
}

function stretchOf({ hidden }: StoredMessage): number {
  return hidden?.stretch ?? 0
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
      const { stretch, after } = change
      const hide = (row: StoredMessage) =>
        isShownAfter(row, after) ? { ...row, hidden: { stretch, after } } : row
      return { messages: messages.map(hide), removed: [] }
    }
    case 'show': {
      const show = (row: StoredMessage) => (stretchOf(row) === change.stretch ? shown(row) : row)
      return { messages: messages.map(show), removed: [] }
    }
    case 'reanchor': {
      const { from, to: after } = change
      const move = (row: StoredMessage) =>
        row.hidden?.after === from ? { ...row, hidden: { ...row.hidden, after } } : row
      return { messages: messages.map(move), removed: [] }
    }
    case 'forget': {
      const stretches = new Set(change.stretches)
      return without(messages, (row) => stretches.has(stretchOf(row)))
    }
  }
}

function shown({ hidden: _, ...row }: StoredMessage): StoredMessage {
  return row
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
    const isHidden = hidden ?? (isThere ? before.hidden : undefined)
    const row = { order, id, message, bytes, ...(isHidden && { hidden: isHidden }) }
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
  return order > after && !hidden
}
