import type { ChatFrame } from '@caughtup/schema'

import { SessionFeed, sessionReplay, startOf } from '../feeds/session-feed.ts'
import { SharedFrames } from '../feeds/shared-frames.ts'
import { pricedBy } from '../host/price.ts'
import type { ProcedureDeps, Procedures } from './base.ts'
import { toEventIterator } from './event-iterator.ts'

export function streamProcedure(
  { onChat }: Procedures,
  { settings, access, streams, transcripts }: ProcedureDeps,
) {
  const { store, limits } = settings
  const priced = pricedBy(settings.price, settings.onError)
  const frames = new SharedFrames({ ...limits, priced })
  return onChat.handler(async ({ input, context: { principal, claim }, signal, lastEventId }) => {
    const { sessionId, streamId } = input
    const source = { store, sessionId, limits, frames, priced, transcripts }
    // It is open before its caller is authorized, so that a removal meanwhile ends it.
    const stream = streams.open(
      { kind: 'chat', principal: principal.id, streamId },
      {
        id: sessionId,
        right: () => access.ofChat(principal, sessionId),
        feed: () => new SessionFeed(source),
        replay: sessionReplay(source, startOf(input, lastEventId)),
      },
    )
    try {
      await access.authorizeSession(principal, 'onChat', sessionId)
    } catch (error) {
      stream.cut()
      throw error
    }
    return toEventIterator<ChatFrame>(stream, { claim, signal })
  })
}
