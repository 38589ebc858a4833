import type { Message } from '@caughtup/schema'
import { useMemo } from 'react'

import { messageView } from '../../session/message-view.ts'
import type { SessionView } from '../../session/session-view.ts'
import { useView } from './use-view.ts'

/**
 * One message of a session; `undefined` while the session's view shows none of that id. The component is
 * drawn again when this message changes, and not for others.
 */
export function useMessage(session: SessionView, messageId: string): Message | undefined {
  return useView(useMemo(() => messageView(session, messageId), [session, messageId]))
}
