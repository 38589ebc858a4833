'use client'

import { createChatClient, sse } from '@caughtup/web-client'

import { ChatPage } from '../ui/chat-page.tsx'

// Routes of Next have no WebSocket. Over HTTP/1.1 four streams are live in a browser; HTTP/2 has no such limit.
const client = createChatClient({ link: sse({ url: '/rpc' }) })

export function Chat() {
  return <ChatPage client={client} />
}
