import type { ActivityFrame } from '@caughtup/schema'

import { ActivityFeed, activityReplay } from '../feeds/activity-feed.ts'
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
    subscribe: subscribe.handler(
      async ({ input, context: { principal, claim }, signal, lastEventId }) => {
        await access.authorize(principal, 'activity.subscribe')
        const source = { store, principal: principal.id }
        const stream = streams.open(
          { kind: 'activity', principal: principal.id },
          {
            id: principal.id,
            right: () => access.ofActivity(principal),
            feed: () => new ActivityFeed(source),
            replay: activityReplay(source, lastEventId || input?.since),
          },
        )
        return toEventIterator<ActivityFrame>(stream, { claim, signal })
      },
    ),
    markRead: markRead.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'activity.markRead', input.sessionId)
      return { upTo: await store.activity.markRead(id, principal.id, input.upTo) }
    }),
  }
}
