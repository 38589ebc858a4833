import { MessageList, MessageListAround, MessageText } from '@caughtup/react-ui'
import type { Message } from '@caughtup/schema'
import { createChatClient, type SessionView, sse } from '@caughtup/web-client'
import { useActivity } from '@caughtup/web-client/react'
import { Profiler, StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'

/** What the tests of the message list do with the page, and read from it. */
export interface ListPage {
  session: SessionView
  /** Commits of the content of each row, by React's Profiler. */
  commits: Record<string, number>
  /** Shows the messages around one in the place of the newest. */
  showAround(messageId: string): void
  unread(): Promise<number | undefined>
}

const client = createChatClient({ link: sse({ url: '/rpc' }) })
const session = client.session(new URLSearchParams(location.search).get('session') ?? '')
const commits: ListPage['commits'] = {}
let showAround = (_messageId: string) => {}

const countCommit = (id: string) => {
  commits[id] = (commits[id] ?? 0) + 1
}

const looks = {
  style: { height: 600, width: 500 },
  renderMessage: (message: Message) => (
    <Profiler id={message.id} onRender={countCommit}>
      <MessageText message={message} as="p" style={{ whiteSpace: 'pre-wrap' }} />
      <button type="button">Copy</button>
    </Profiler>
  ),
}

function Chat() {
  const [messageId, setMessageId] = useState<string>()
  useEffect(() => {
    showAround = setMessageId
  }, [])
  const row = useActivity(client).rows.find(({ sessionId }) => sessionId === session.sessionId)
  if (messageId === undefined) {
    return (
      <MessageList session={session} unread={row?.unread} data-unread={row?.unread} {...looks} />
    )
  }
  return (
    <MessageListAround
      session={session}
      messageId={messageId}
      onLeave={() => setMessageId(undefined)}
      {...looks}
    />
  )
}

const listPage: ListPage = {
  session,
  commits,
  showAround: (messageId) => showAround(messageId),
  async unread() {
    const { rows } = await client.rpc.activity.list({})
    return rows.find(({ sessionId }) => sessionId === session.sessionId)?.unread
  },
}
// `openChatPage` waits for the first and sends by it.
Object.assign(window, { reactPage: { session }, listPage })
createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
)
