import type { Prompt } from '@caughtup/web-client'
import { useEffect } from 'react'

import { useClient } from '../client/client-context.tsx'
import { Composer } from '../composer/composer.tsx'
import { Suggestions } from '../composer/suggestions.tsx'
import { openSession } from '../hooks/use-route.ts'
import { useToasts } from '../ui/toasts.tsx'
import { type PageControls, PageHeader } from './header/page-header.tsx'

/** Shown when no chat is open: the first prompt starts one. */
export function WelcomeScreen(controls: PageControls) {
  const client = useClient()
  const { attempt } = useToasts()

  useEffect(() => {
    document.title = 'Caughtup'
  }, [])

  const start = async (prompt: string | Prompt) => {
    const { id } = await client.rpc.sessions.create({})
    // The chat opens before it sends, so that it shows the prompt at once.
    openSession(id)
    // If sending fails, the chat shows the prompt with its error.
    client
      .session(id)
      .send(prompt)
      .catch(() => {})
  }

  return (
    <>
      <PageHeader {...controls} />
      <div className="flex min-h-0 flex-1 items-center justify-center overflow-y-auto p-4">
        <Suggestions
          heading="h1"
          onSend={(text) => attempt('Starting a chat', () => start(text))}
          onTour={controls.onToggleTour}
        />
      </div>
      <div className="mx-auto w-full max-w-3xl px-4 pb-[max(1rem,env(safe-area-inset-bottom))]">
        <Composer onSend={start} />
      </div>
    </>
  )
}
