import { useSyncExternalStore } from 'react'

import type { ActivitySnapshot } from '../activity/activity-snapshot.ts'
import type { SessionSnapshot } from '../session/session-snapshot.ts'

/** What a hook needs of a view. */
interface Store<Snapshot> {
  subscribe: (listener: () => void) => () => void
  getSnapshot: () => Snapshot
}

/**
 * What a session view shows. Rendering the component opens its stream, unmounting the last one
 * closes it. On a server it is what the view holds: an idle, empty snapshot.
 */
export function useSession(session: Store<SessionSnapshot>): SessionSnapshot {
  return useSyncExternalStore(session.subscribe, session.getSnapshot, session.getSnapshot)
}

/** The session list, live while a component shows it. */
export function useActivity(client: { activity: Store<ActivitySnapshot> }): ActivitySnapshot {
  const { activity } = client
  return useSyncExternalStore(activity.subscribe, activity.getSnapshot, activity.getSnapshot)
}
