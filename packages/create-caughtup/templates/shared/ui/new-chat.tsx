import type { ChatClient, Prompt } from '@caughtup/web-client'
import { useRef } from 'react'

import { Writing } from './writing.tsx'
import { open } from './use-route.ts'

/** Shown while no chat is open: the first prompt makes one, so that none stays empty. */
export function NewChat({ client }: { client: ChatClient }) {
  const made = useRef<string>(undefined)
  const start = async (prompt: Prompt) => {
    made.current ??= (await client.rpc.sessions.create({})).id
    const sessionId = made.current
    open({ sessionId })
    // A prompt that fails is on the chat's screen, with its error.
    client
      .session(sessionId)
      .send(prompt)
      .catch(() => {})
  }
  return (
    <>
      <div className="welcome">
        <h1>What is on your mind?</h1>
        <p>Reload the page in the middle of an answer: it goes on.</p>
      </div>
      <footer>
        <Writing onSend={start} />
      </footer>
    </>
  )
}
