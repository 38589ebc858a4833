import {
  activityView,
  createChatClient,
  type Link,
  restoreSession,
  type SessionView,
  sse,
  type SseOptions,
} from '@caughtup/web-client'

import type { Follow } from '../recorded/releases.ts'
import { lasting } from './shown.ts'

export interface Followed {
  view: SessionView
  shown(): unknown
  close(): void
}

/** Over HTTP, as ann. */
export function httpLink(url: string, fetch?: SseOptions['fetch']): Link {
  const headers = { authorization: 'Bearer ann' }
  return sse({ url: `${url}/rpc`, headers, ...(fetch && { fetch }) })
}

/** Follows something, and resolves once that is live. */
export async function connect(link: Link, follow: Follow): Promise<Followed> {
  const client = createChatClient({
    link,
    // Comes back at once.
    random: () => 0,
    schedule: (callback) => {
      queueMicrotask(callback)
      return () => {}
    },
  })
  const close = () => client.close()
  const activity = activityView(client)
  const view = client.session('activity' in follow ? 'none' : follow.sessionId)
  const followed = 'activity' in follow ? activity : view
  if ('device' in follow && follow.device) restoreSession(view, follow.device.session)
  const live = new Promise<void>((resolve, reject) => {
    const look = () => {
      const { status, error } = followed.getSnapshot().connection
      if (status === 'live') resolve()
      if (status === 'failed') reject(new Error(`${JSON.stringify(follow)}: ${error?.message}`))
    }
    followed.subscribe(look)
    look()
  })
  const shown = (): unknown => {
    const plain = followed === view ? lasting(view.getSnapshot()) : activity.getSnapshot().rows
    return JSON.parse(JSON.stringify(plain))
  }
  try {
    await live
  } catch (error) {
    close()
    throw error
  }
  return { view, shown, close }
}

/** Loads all older pages. */
export async function loadAll(view: SessionView): Promise<void> {
  while (view.getSnapshot().hasOlder) await view.loadOlder()
}
