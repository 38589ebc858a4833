import {
  activityView,
  createChatClient,
  restoreSession,
  type SessionView,
  sse,
} from '@caughtup/web-client'

import type { Follow } from '../recorded/releases.ts'
import { lasting } from './shown.ts'

export interface Followed {
  view: SessionView
  shown(): unknown
  close(): void
}

/** Follows as ann, and resolves once that is live. */
export async function connect(
  { url, fetch }: { url: string; fetch?: (request: Request) => Promise<Response> },
  follow: Follow,
): Promise<Followed> {
  const client = createChatClient({
    link: sse({
      url: `${url}/rpc`,
      headers: { authorization: 'Bearer ann' },
      ...(fetch && { fetch }),
    }),
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
