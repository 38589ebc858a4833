import { Announcer, UiProvider } from '@caughtup/react-ui'
import type { ChatClient } from '@caughtup/web-client'
import { useCallback, useState } from 'react'

import { Chats } from './chats.tsx'
import { NewChat } from './new-chat.tsx'
import { SessionScreen } from './session-screen.tsx'
import { useRoute } from './use-route.ts'

/** The whole page: the list of chats, and one of them or the start of a new one. */
export function ChatPage({ client }: { client: ChatClient }) {
  const { sessionId, messageId } = useRoute()
  const [failure, setFailure] = useState<string>()
  const fail = useCallback((error: { message: string }) => setFailure(error.message), [])
  return (
    <UiProvider onError={({ error }) => fail(error)}>
      <Announcer>
        <div className="page" data-showing={sessionId === undefined ? 'list' : 'session'}>
          <aside aria-label="All chats">
            <Chats client={client} selectedId={sessionId} onError={fail} />
          </aside>
          <main>
            {sessionId === undefined ? (
              <NewChat client={client} />
            ) : (
              <SessionScreen key={sessionId} {...{ client, sessionId, messageId }} />
            )}
          </main>
        </div>
        {failure !== undefined && (
          <div className="failure toast" role="alert">
            <p>That did not work: {failure}</p>
            <button onClick={() => setFailure(undefined)}>Close</button>
          </div>
        )}
      </Announcer>
    </UiProvider>
  )
}
