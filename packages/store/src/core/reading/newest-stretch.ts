import type { Message } from '@caughtup/schema'

import type { MessageCaps } from '../../port/reading.ts'

/** A message with the bytes of its JSON. */
export interface SizedMessage {
  message: Message
  size: number
}

/**
 * The newest messages of one epoch within the caps, oldest first. The newest one is given whatever
 * its size, so that paging back through a history always makes progress. Without an epoch, it is that
 * of the newest message.
 */
export function newestStretch(
  newestFirst: Iterable<SizedMessage>,
  caps: MessageCaps,
  epoch?: number,
): Message[] {
  const stretch: Message[] = []
  let bytes = 0
  for (const { message, size } of newestFirst) {
    if (message.epoch !== (epoch ?? stretch[0]?.epoch ?? message.epoch)) break
    bytes += size
    const isFull = stretch.length >= caps.messages || bytes > caps.bytes
    if (isFull && stretch.length > 0) break
    stretch.push(message)
  }
  return stretch.reverse()
}
