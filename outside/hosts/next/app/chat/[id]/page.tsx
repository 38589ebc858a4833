import { createRouterClient, safe } from '@orpc/server'
import { headers } from 'next/headers'

import { open } from '../../chat-server.ts'
import { Chat } from './chat.tsx'

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  const { chat } = await open()
  // Asks as the visitor, so that `principal` and `can` say what the page may show.
  const context = { request: { headers: await headers(), url: `/chat/${id}` } }
  const client = createRouterClient(chat.router, { context })
  const { error, data } = await safe(client.history.loadMore({ sessionId: id }))
  // The first prompt of a new chat creates its session.
  if (error && !('code' in error && error.code === 'NOT_FOUND')) throw error
  return <Chat id={id} messages={data?.messages ?? []} />
}
