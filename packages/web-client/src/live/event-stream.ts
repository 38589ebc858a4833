import { getEventMeta } from '@orpc/client'

import { abortable } from '@caughtup/schema/abortable'

/** A frame with the id of its server-sent event, or of the equivalent WebSocket message. */
export interface Received<Frame> {
  frame: Frame
  eventId: string | undefined
}

/**
 * Reads an oRPC event iterator to its end or until the signal aborts. Its values are proxies that
 * carry the id; the yielded frames are plain objects.
 */
export async function* readEvents<Frame extends object>(
  opening: Promise<AsyncIterator<Frame>>,
  signal: AbortSignal,
): AsyncGenerator<Received<Frame>, void, void> {
  const events = await abortable(opening, signal)
  for (;;) {
    const result = await abortable(events.next(), signal)
    if (result.done) return
    yield { frame: { ...result.value }, eventId: getEventMeta(result.value)?.id }
  }
}
