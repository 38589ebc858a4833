import { activityStream } from '../streams/activity-stream.ts'
import type { ProcedureDeps, Procedures } from './base.ts'
import { toEventIterator } from './event-iterator.ts'

export function activityProcedures(
  { activity: { list, markRead } }: Procedures,
  { activity: { subscribe } }: Procedures,
  { settings, access, streams }: ProcedureDeps,
) {
  const { store } = settings
  return {
    list: list.handler(async ({ input, context: { principal } }) => {
      await access.authorize(principal, 'activity.list')
      return store.activity.list(principal.id, input)
    }),
    subscribe: subscribe.handler(async ({ input, context: { principal }, signal, lastEventId }) => {
      await access.authorize(principal, 'activity.subscribe')
      const since = lastEventId || input?.since
      const stream = streams.open(
        { kind: 'activity', principal: principal.id },
        {
          signal,
          frames: (either) =>
            activityStream({ store, principal: principal.id, signal: either }, since),
        },
      )
      return toEventIterator(stream)
    }),
    markRead: markRead.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'activity.markRead', input.sessionId)
      return { upTo: await store.activity.markRead(id, principal.id, input.upTo) }
    }),
  }
}
