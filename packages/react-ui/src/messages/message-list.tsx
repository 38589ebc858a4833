import type { SessionSnapshot, SessionView } from '@caughtup/web-client'
import { useSession } from '@caughtup/web-client/react'
import { useCallback } from 'react'

import { ListFrame, type MessageListOptions } from './list-frame.tsx'
import { useKeptMessages } from './use-kept-messages.ts'

export interface MessageListProps extends MessageListOptions {
  session: SessionView
  /**
   * How much of the session the caller has not read, `unread` of its activity row. If that is more than
   * none, and the reader has the end on a visible screen, the session is marked as read.
   *
   * @default 0
   */
  unread?: number | undefined
}

/**
 * The messages of a session, of which only those near the visible stretch are in the page, and the prompts
 * on their way. It needs a height. It begins at the end and stays there as messages grow, until the reader
 * scrolls up; then what they look at stays where it is, whatever comes above or below. Older pages are
 * loaded as the reader comes near them. A compaction or a reset takes no message away that was shown.
 *
 * While an answer streams, prompts on their way have to wait: then they are not in the list.
 *
 * Without children it has all its parts: `<MessageViewport>` with `<HistoryTop>`, `<MessageRows>` and
 * `<NoMessages>` in it, and `<JumpToLatest>`. `data-following` says that the reader is at the end,
 * `data-streaming` that an answer streams, `data-status` whether there is something to show: `filled`,
 * `empty`, `loading` or `failed`.
 */
export function MessageList(props: MessageListProps) {
  // Another session is another place to begin at.
  return <NewestMessages key={props.session.sessionId} {...props} />
}

function NewestMessages({ session, ...props }: MessageListProps) {
  const snapshot = useSession(session)
  const { epoch, streaming, hasOlder, loadingOlder, olderError, connection } = snapshot
  const messages = useKeptMessages(session, snapshot)
  const pending = streaming ? none : snapshot.pending
  const loadOlder = useCallback(() => void session.loadOlder(), [session])
  const isEmpty = messages.length === 0 && pending.length === 0 && !hasOlder
  const status = isEmpty ? emptyStatus(snapshot) : 'filled'
  return (
    <ListFrame
      {...props}
      lastPending={snapshot.lastPending}
      source={{
        session,
        messages,
        pending,
        epoch,
        streaming,
        status,
        error: status === 'failed' ? connection.error : undefined,
        hasOlder,
        loadingOlder,
        olderError,
        loadOlder,
      }}
    />
  )
}

const none: readonly never[] = []

function emptyStatus({ stale, connection }: SessionSnapshot) {
  if (connection.remedy !== undefined) return 'failed'
  return stale ? 'loading' : 'empty'
}
