// Opens a session and notes when its messages were on screen. `?cache` keeps them for the next time.
import { createChatClient, sse } from '@caughtup/web-client'
import { indexedDbCache } from '@caughtup/web-client/indexed-db'
import { useSession } from '@caughtup/web-client/react'
import { useLayoutEffect } from 'react'

import { Row } from './rows.tsx'
import { show } from './show.tsx'
import { note } from './opened.ts'

const parameters = new URLSearchParams(location.search)
const client = createChatClient({
  link: sse({ url: '/rpc' }),
  ...(parameters.has('cache') && { cache: indexedDbCache({ user: 'me' }) }),
})
const session = client.session(parameters.get('session') ?? '')

function Chat() {
  const { messages, connection } = useSession(session)
  const isShown = messages.length > 0
  const isLive = connection.status === 'live'
  useLayoutEffect(() => {
    if (isShown) note('shown')
  }, [isShown])
  useLayoutEffect(() => {
    if (isLive) note('live')
  }, [isLive])
  return messages.map((message) => <Row key={message.id} message={message} />)
}

show(<Chat />)
