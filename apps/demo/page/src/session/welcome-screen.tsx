import type { Prompt } from '@caughtup/web-client'
import { useEffect, useRef, useState } from 'react'

import { useClient, useConnectivity } from '../client/client-context.tsx'
import { Composer } from '../composer/composer.tsx'
import { chatFiles } from '../composer/file-upload.ts'
import { NewChatFiles } from '../composer/new-chat-files.ts'
import { Suggestions } from '../composer/suggestions.tsx'
import { openSession } from '../hooks/use-route.ts'
import { useToasts } from '../ui/toasts.tsx'
import { type PageControls, PageHeader } from './header/page-header.tsx'

/** Shown when no chat is open: the first prompt starts one. */
export function WelcomeScreen(controls: PageControls) {
  const client = useClient()
  const { network } = useConnectivity()
  const { attempt } = useToasts()
  const [files] = useState(() => new NewChatFiles())
  const made = useRef<string>(undefined)

  useEffect(() => {
    document.title = 'Caughtup'
  }, [])

  const start = async (prompt: Prompt) => {
    // If a file cannot be stored, the prompt stays, and a second attempt goes to the same chat.
    made.current ??= (await client.rpc.sessions.create({})).id
    const id = made.current
    const stored = await files.stored(prompt, chatFiles(id, network))
    // The chat opens before it sends, so that it shows the prompt at once.
    openSession(id)
    // If sending fails, the chat shows the prompt with its error.
    client
      .session(id)
      .send(stored)
      .catch(() => {})
  }

  return (
    <>
      <PageHeader {...controls} />
      <div className="flex min-h-0 flex-1 items-center justify-center overflow-y-auto p-4">
        <Suggestions
          heading="h1"
          onSend={(text) => attempt('Starting a chat', () => start({ text }))}
          onTour={controls.onToggleTour}
        />
      </div>
      <div className="mx-auto w-full max-w-3xl px-4 pb-[max(1rem,env(safe-area-inset-bottom))]">
        <Composer onSend={start} files={files.hold} />
      </div>
    </>
  )
}
