import type { Message } from '@caughtup/schema'

/** A session's messages. */
export interface MessageTable {
  /** Those that are shown, ascending by order. */
  readonly shown: Message[]
  /** The same by id. */
  readonly byId: Map<string, Message>
  /** What undos hide, the newest undo last; each ascending by order, and above all that is shown. */
  readonly hidden: Message[][]
  /** Ids of removed messages: they stay taken. */
  readonly gone: Set<string>
}

export function newTable(): MessageTable {
  return { shown: [], byId: new Map(), hidden: [], gone: new Set() }
}

/** Index of the first message of an order above this one; the length where there is none. */
export function indexAbove(shown: readonly Message[], order: number): number {
  let low = 0
  let high = shown.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((shown[middle]?.order ?? 0) > order) high = middle
    else low = middle + 1
  }
  return low
}

/** Puts a message into its place, instead of what is there. */
export function put({ shown, byId }: MessageTable, message: Message): void {
  const index = indexAbove(shown, message.order - 1)
  shown.splice(index, shown[index]?.order === message.order ? 1 : 0, message)
  byId.set(message.id, message)
}

export function remove(table: MessageTable, messageIds: readonly string[]): void {
  for (const id of messageIds) {
    const message = table.byId.get(id)
    if (!message) {
      forgetOne(table, id)
      continue
    }
    table.shown.splice(indexAbove(table.shown, message.order - 1), 1)
    table.byId.delete(id)
    table.gone.add(id)
  }
}

/** Of those that an undo hides; one that hides nothing any more is forgotten. */
function forgetOne(table: MessageTable, messageId: string): void {
  for (const [index, turn] of table.hidden.entries()) {
    if (!turn.some(({ id }) => id === messageId)) continue
    const rest = turn.filter(({ id }) => id !== messageId)
    table.hidden.splice(index, 1, ...(rest.length > 0 ? [rest] : []))
    table.gone.add(messageId)
    return
  }
}

export function truncate(table: MessageTable, after: number): void {
  for (const { id } of takeAbove(table, after)) table.gone.add(id)
}

export function hide(table: MessageTable, after: number): void {
  table.hidden.push(takeAbove(table, after))
}

export function restore(table: MessageTable): void {
  for (const message of table.hidden.pop() ?? []) put(table, message)
}

export function forgetHidden({ hidden, gone }: MessageTable): void {
  for (const { id } of hidden.splice(0).flat()) gone.add(id)
}

function takeAbove({ shown, byId }: MessageTable, order: number): Message[] {
  const taken = shown.splice(indexAbove(shown, order))
  for (const { id } of taken) byId.delete(id)
  return taken
}
