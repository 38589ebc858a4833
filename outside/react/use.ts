import type { ChatClient, SessionSnapshot } from '@caughtup/web-client'
import { useActivity, useSession } from '@caughtup/web-client/react'

// A component of React 18 that uses the hooks.
export function useFirst(client: ChatClient): SessionSnapshot | undefined {
  const [row] = useActivity(client).rows
  const session = useSession(client.session(row?.sessionId ?? 'none'))
  return row && session
}
