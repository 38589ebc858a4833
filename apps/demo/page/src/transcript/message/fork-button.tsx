import type { Message } from '@caughtup/schema'
import { GitFork } from 'lucide-react'

import { useClient } from '../../client/client-context.tsx'
import { useShownSession } from '../../client/session-context.tsx'
import { openSession } from '../../hooks/use-route.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { useToasts } from '../../ui/toasts.tsx'

/** Goes on in a chat of the reader's own, with the messages up to this one. */
export function ForkButton({ message }: { message: Message }) {
  const client = useClient()
  const { session } = useShownSession()
  const { attempt } = useToasts()
  const fork = () =>
    attempt('Forking the chat', async () => {
      const { sessionId } = session
      const { session: made } = await client.rpc.sessions.fork({ sessionId, from: message.id })
      openSession(made.id)
    })
  return <IconButton icon={GitFork} label="Fork the chat from here" size="small" onClick={fork} />
}
