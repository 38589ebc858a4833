import type { ActivitySnapshot } from '../../activity/activity-snapshot.ts'
import { activityView } from '../../activity/activity-view.ts'
import type { ChatClient } from '../../create-chat-client.ts'
import { useView } from './use-view.ts'

/** The session list, live while a component that calls this is mounted. */
export function useActivity(client: ChatClient): ActivitySnapshot {
  return useView(activityView(client))
}
