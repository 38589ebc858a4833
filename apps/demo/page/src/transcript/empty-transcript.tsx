import { NoMessages, useMessageList } from '@caughtup/react-ui'
import { useSession } from '@caughtup/web-client/react'

import { useShownSession } from '../client/session-context.tsx'
import { Suggestions } from '../composer/suggestions.tsx'

/** In the place of messages: they are still loading, cannot be shown, or nobody has written any. */
export function EmptyTranscript() {
  const { session, send } = useShownSession()
  const { epoch } = useMessageList()
  const isGone = useSession(session, ({ connection }) => connection.remedy !== undefined)
  return (
    <NoMessages
      className="flex flex-1 items-center justify-center p-4 text-center text-sm text-muted-foreground data-[status=loading]:appear-late"
      // What is the matter with the chat stands above the composer.
      failed={isGone ? '' : undefined}
    >
      <div className="text-left text-foreground">
        {epoch > 0 && <p className="text-muted-foreground">The context was cleared.</p>}
        <Suggestions onSend={send} />
      </div>
    </NoMessages>
  )
}
