import {
  ConnectionAction,
  ConnectionBanner,
  ConnectionText,
  MessageList,
  MessageListAround,
  PromptContent,
  PromptEdit,
  PromptEditor,
  PromptQueue,
  PromptRemove,
  PromptRetry,
  PromptStatus,
  SessionAnnouncements,
} from '@caughtup/react-ui'
import type { Message } from '@caughtup/schema'
import type { ChatClient } from '@caughtup/web-client'
import { useActivity, useSession } from '@caughtup/web-client/react'
import { useCallback } from 'react'

import { MessageView } from './message-view.tsx'
import { hrefOf, open } from './use-route.ts'
import { Writing } from './writing.tsx'

interface SessionScreenProps {
  client: ChatClient
  sessionId: string
  messageId: string | undefined
}

/** One chat: its messages, how its connection is, and the field for the next prompt. */
export function SessionScreen({ client, sessionId, messageId }: SessionScreenProps) {
  const session = client.session(sessionId)
  const { rows } = useActivity(client)
  const row = rows.find((one) => one.sessionId === sessionId)
  const stale = useSession(session, (snapshot) => snapshot.stale)
  const renderMessage = useCallback(
    (message: Message) => <MessageView session={session} message={message} />,
    [session],
  )
  return (
    <>
      <SessionAnnouncements session={session} />
      <header>
        <a className="button back" href={hrefOf({})}>
          ‹ All chats
        </a>
        <h1>{row?.title || 'Chat'}</h1>
      </header>
      {messageId === undefined ? (
        <MessageList
          className="messages"
          data-stale={stale || undefined}
          session={session}
          unread={row?.unread}
          renderMessage={renderMessage}
        />
      ) : (
        <MessageListAround
          className="messages"
          session={session}
          messageId={messageId}
          onLeave={() => open({ sessionId })}
          renderMessage={renderMessage}
        />
      )}
      <footer>
        <ConnectionBanner
          view={session}
          className="banner"
          onLeave={() => open({})}
          onSignIn={async () => location.reload()}
        >
          <ConnectionText />
          <ConnectionAction />
        </ConnectionBanner>
        <PromptQueue session={session} className="queue" renderPrompt={renderWaiting} />
        <Writing session={session} />
      </footer>
    </>
  )
}

/** A prompt that waits. For an agent that calls `steer`, `PromptSteer` offers it to the answer that is being written. */
const renderWaiting = () => (
  <>
    <PromptEditor className="field" />
    <PromptContent />
    <PromptStatus className="quiet" />
    <PromptRetry>Try again</PromptRetry>
    <PromptEdit>Edit</PromptEdit>
    <PromptRemove>Cancel</PromptRemove>
  </>
)
