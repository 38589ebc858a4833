import { useSyncExternalStore } from 'react'

import type { ActivitySnapshot } from '../activity/activity-snapshot.ts'
import { activityView } from '../activity/activity-view.ts'
import type { ChatClient } from '../create-chat-client.ts'
import type { View } from '../live/published.ts'
import type { SessionSnapshot } from '../session/session-snapshot.ts'

/**
 * The snapshot of a session view. Its stream is open while a component that calls this is mounted. A
 * server that renders the component gets the present snapshot: idle, and empty in a new view.
 */
export function useSession(session: View<SessionSnapshot>): SessionSnapshot {
  return useView(session)
}

/** The session list, live while a component that calls this is mounted. */
export function useActivity(client: ChatClient): ActivitySnapshot {
  return useView(activityView(client))
}

/** The snapshot of any view, as of `aroundView`. It is open while a component that calls this is mounted. */
export function useView<Snapshot>({ subscribe, getSnapshot }: View<Snapshot>): Snapshot {
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot)
}
