'use client'

import { auto, createChatClient, type SessionView } from '@caughtup/web-client'
import { useEffect, useState } from 'react'

import { Chat } from './chat'

// Creating a client touches neither the page nor the network, so that Next may evaluate this on the server.
const client = createChatClient({ link: auto({ url: '/rpc' }) })

export default function Page() {
  const [session, setSession] = useState<SessionView>()
  useEffect(() => {
    // The session that the address names, or a new one.
    const open = async () => {
      const id = location.hash.slice(1) || (await client.rpc.sessions.create({})).id
      location.hash = id
      setSession(client.session(id))
    }
    void open()
  }, [])
  return session ? <Chat session={session} /> : <p>Opening …</p>
}
