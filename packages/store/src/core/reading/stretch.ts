import type { Message } from '@caughtup/schema'

import type { MessageCaps, MessageQuery, PagePlace } from '../../port/reading.ts'

/** A message with the bytes of its JSON. */
export interface SizedMessage {
  message: Message
  size: number
}

/** The messages on both sides of a place, each nearest first, to be read as far as they are needed. */
export interface Sides {
  older: Iterable<SizedMessage>
  newer: Iterable<SizedMessage>
}

/** The highest order on the older side of a place. */
export function lastOrderOf(place: PagePlace | { before?: undefined }): number {
  if ('around' in place) return place.around
  if ('after' in place) return place.after
  return place.before === undefined ? Number.MAX_SAFE_INTEGER : place.before - 1
}

/** How many messages are wanted from either side of a place. */
export function countsOf(query: MessageQuery): { older: number; newer: number } {
  const { messages } = query
  if ('after' in query) return { older: 0, newer: messages }
  const older = 'around' in query ? Math.ceil(messages / 2) : messages
  return { older, newer: messages - older }
}

/**
 * The messages next to a place within the caps, oldest first and of one epoch. The nearest one is given
 * whatever its size, so that paging through a history always makes progress. Around a place, the older
 * side has at most half of the bytes. `head` is the session's: a window is of its epoch.
 */
export function stretchOf(
  { older, newer }: Sides,
  query: MessageQuery,
  head: { epoch: number },
): Message[] {
  const counts = countsOf(query)
  const isWindow = !('around' in query) && !('after' in query) && query.before === undefined
  const before = nearest(older, {
    messages: counts.older,
    bytes: counts.newer > 0 ? query.bytes / 2 : query.bytes,
    ...(isWindow && { epoch: head.epoch }),
  })
  const [first] = before.messages
  const after = nearest(newer, {
    messages: counts.newer,
    bytes: query.bytes - before.bytes,
    ...(first && { epoch: first.epoch, isRest: true }),
  })
  return [...before.messages.reverse(), ...after.messages]
}

interface SideCaps extends MessageCaps {
  /** Without it, that of the nearest message. */
  epoch?: number
  /** Whether the nearest message of all is on the other side. */
  isRest?: boolean
}

function nearest(side: Iterable<SizedMessage>, caps: SideCaps) {
  const messages: Message[] = []
  let { epoch } = caps
  let bytes = 0
  if (caps.messages === 0) return { messages, bytes }
  for (const { message, size } of side) {
    epoch ??= message.epoch
    const isFull = messages.length >= caps.messages || bytes + size > caps.bytes
    const isFirst = messages.length === 0 && !caps.isRest
    if (message.epoch !== epoch || (isFull && !isFirst)) break
    messages.push(message)
    bytes += size
  }
  return { messages, bytes }
}
