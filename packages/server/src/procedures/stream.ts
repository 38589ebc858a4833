import { sessionStream, startOf } from '../streams/session-stream.ts'
import type { ProcedureDeps, Procedures } from './base.ts'
import { toEventIterator } from './event-iterator.ts'

export function streamProcedure(
  { onChat }: Procedures,
  { settings, access, streams }: ProcedureDeps,
) {
  const { store, limits } = settings
  return onChat.handler(async ({ input, context: { principal }, signal, lastEventId }) => {
    const { id: sessionId } = await access.authorizeSession(principal, 'onChat', input.sessionId)
    const start = startOf(input, lastEventId)
    const stream = streams.open(
      { kind: 'chat', principal: principal.id, streamId: input.streamId },
      {
        signal,
        frames: (either) => sessionStream({ store, sessionId, limits, signal: either }, start),
      },
    )
    return toEventIterator(stream)
  })
}
