import type { ChatFrame } from '@caughtup/schema'

import { SessionFeed, sessionReplay, startOf } from '../feeds/session-feed.ts'
import { SharedFrames } from '../feeds/shared-frames.ts'
import type { ProcedureDeps, Procedures } from './base.ts'
import { toEventIterator } from './event-iterator.ts'

export function streamProcedure(
  { onChat }: Procedures,
  { settings, access, streams }: ProcedureDeps,
) {
  const { store, limits } = settings
  const frames = new SharedFrames(limits)
  return onChat.handler(async ({ input, context: { principal, claim }, signal, lastEventId }) => {
    const { id } = await access.authorizeSession(principal, 'onChat', input.sessionId)
    const source = { store, sessionId: id, limits, frames }
    const stream = streams.open(
      { kind: 'chat', principal: principal.id, streamId: input.streamId },
      {
        id,
        feed: () => new SessionFeed(source),
        replay: sessionReplay(source, startOf(input, lastEventId)),
      },
    )
    return toEventIterator<ChatFrame>(stream, { claim, signal })
  })
}
