import { aroundView, type SessionView } from '@caughtup/web-client'
import { useSession, useView } from '@caughtup/web-client/react'
import { useCallback, useMemo } from 'react'

import { ListFrame, type MessageListOptions } from './list-frame.tsx'
import { useNewPrompt } from './scroll/use-new-prompt.ts'

export interface MessageListAroundProps extends MessageListOptions {
  session: SessionView
  /** The message to begin at, of any epoch, as a search finds it. */
  messageId: string
  /**
   * Called when the reader wants the newest messages, or sends a prompt: to be followed by a `<MessageList>`
   * in the place of this one.
   */
  onLeave: () => void
}

/**
 * The messages around one that was searched for, read on in both directions up to the present. It has the
 * parts of `<MessageList>`, and keeps the reader's place as that one does. Its row has `data-found`, and
 * comes to rest below the `scroll-padding-top` of the `<MessageViewport>`. It shows no prompts on their way,
 * and marks nothing as read.
 */
export function MessageListAround(props: MessageListAroundProps) {
  const key = `${props.session.sessionId} ${props.messageId}`
  return <MessagesAround key={key} {...props} />
}

function MessagesAround({ session, messageId, onLeave, ...props }: MessageListAroundProps) {
  const view = useMemo(() => aroundView(session, messageId), [session, messageId])
  const { messages, error, hasOlder, loadingOlder, olderError, reachesLive } = useView(view)
  const newest = useSession(session, ({ lastPending }) => lastPending)
  const epoch = useSession(session, (snapshot) => snapshot.epoch)
  const streaming = useSession(session, (snapshot) => snapshot.streaming)
  useNewPrompt(newest, onLeave)
  const loadOlder = useCallback(() => void view.loadOlder(), [view])
  const loadNewer = useCallback(() => void view.loadNewer(), [view])
  const missing = error ? 'failed' : 'loading'
  return (
    <ListFrame
      {...props}
      around={{ messageId, onNearEnd: reachesLive ? undefined : loadNewer, onLeave }}
      source={{
        session,
        messages,
        pending: none,
        epoch,
        streaming,
        status: messages.length > 0 ? 'filled' : missing,
        error,
        hasOlder,
        loadingOlder,
        olderError,
        loadOlder,
      }}
    />
  )
}

const none: readonly never[] = []
