import { aroundView } from '@caughtup/web-client'
import { useView } from '@caughtup/web-client/react'
import { useCallback, useMemo } from 'react'

import { openSession, sessionHref } from '../hooks/use-route.ts'
import { MessageList } from './message-list.tsx'
import type { TranscriptProps } from './transcript-props.ts'
import { useShownSession } from '../client/session-context.tsx'

interface AroundTranscriptProps extends TranscriptProps {
  messageId: string
}

/** The messages around one that was searched for, read on in both directions up to the present. */
export function AroundTranscript({ messageId, ...props }: AroundTranscriptProps) {
  const { session } = useShownSession()
  const { sessionId } = session
  const view = useMemo(() => aroundView(session, messageId), [session, messageId])
  const snapshot = useView(view)
  const { messages, error, reachesLive } = snapshot
  const loadOlder = useCallback(() => void view.loadOlder(), [view])
  const loadNewer = useCallback(() => void view.loadNewer(), [view])
  const leave = useCallback(() => openSession(sessionId), [sessionId])

  if (messages.length === 0) {
    return (
      <section
        data-testid="transcript"
        aria-label="Transcript"
        aria-busy={snapshot.loading}
        className="flex min-h-0 flex-1 flex-col items-center justify-center gap-2 p-4 text-sm text-muted-foreground"
      >
        {error ? (
          <p role="alert">
            {error.code === 'NOT_FOUND' ? 'This message is no longer there.' : error.message}
          </p>
        ) : (
          <p className="appear-late">Loading the message…</p>
        )}
        {error && (
          <a href={sessionHref(sessionId)} className="font-medium text-primary underline">
            Show the chat
          </a>
        )}
      </section>
    )
  }
  return (
    <MessageList
      {...props}
      messages={messages}
      pending={noPrompts}
      hasOlder={snapshot.hasOlder}
      loadingOlder={snapshot.loadingOlder}
      olderError={snapshot.olderError}
      onLoadOlder={loadOlder}
      around={{ messageId, onNearEnd: reachesLive ? undefined : loadNewer, onLeave: leave }}
    />
  )
}

const noPrompts: readonly never[] = []
