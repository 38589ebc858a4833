import { getEventMeta } from '@orpc/client'

import { abortable } from '@caughtup/schema/abortable'

/** A frame as it came, with the id of the server-sent event (or its WebSocket twin). */
export interface Received<Frame> {
  frame: Frame
  eventId: string | undefined
}

/**
 * Reads an oRPC event iterator to its end or until the signal aborts. Its values are proxies that
 * carry the id; the frames given out are plain.
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
