import { SessionAnnouncements } from '@caughtup/react-ui'
import type { Prompt } from '@caughtup/web-client'
import { useActivity, useSession } from '@caughtup/web-client/react'
import { useCallback, useEffect, useMemo } from 'react'

import { useClient, useConnectivity } from '../client/client-context.tsx'
import { SessionProvider } from '../client/session-context.tsx'
import { Composer } from '../composer/composer.tsx'
import { chatFiles } from '../composer/file-upload.ts'
import { PromptQueue } from '../composer/prompt-queue.tsx'
import { sessionTitle } from '../format/session-title.ts'
import { TypingLine } from '../people/typing-line.tsx'
import { useTyping } from '../people/use-typing.ts'
import { Transcript } from '../transcript/transcript.tsx'
import { useToasts } from '../ui/toasts.tsx'
import { ConnectionNotice, UnmergedNotice } from './connection-notice.tsx'
import { type PageControls, PageHeader } from './header/page-header.tsx'
import { RunFailure } from './run-failure.tsx'
import { SessionHeader } from './header/session-header.tsx'
import { useEscape } from './use-escape.ts'

interface SessionScreenProps extends PageControls {
  sessionId: string
  /** A message to show, with those around it, in place of the newest ones. */
  messageId: string | undefined
}

export function SessionScreen({ sessionId, messageId, ...controls }: SessionScreenProps) {
  const client = useClient()
  const session = useMemo(() => client.session(sessionId), [client, sessionId])
  const snapshot = useSession(session)
  const { rows } = useActivity(client)
  const row = rows.find((one) => one.sessionId === sessionId)
  const { attempt } = useToasts()
  const { connection, messages } = snapshot
  const gone = connection.remedy === 'leave'
  const title = gone && !row ? 'Chat not found' : sessionTitle(row)

  const send = useCallback((prompt: string | Prompt) => settle(session.send(prompt)), [session])
  const stop = useCallback(() => attempt('Stopping', () => session.interrupt()), [attempt, session])

  const typing = useTyping(session)
  const { network } = useConnectivity()
  const files = useMemo(() => chatFiles(sessionId, network), [sessionId, network])

  useEscape(snapshot.canInterrupt ? stop : undefined)
  useEffect(() => {
    document.title = `${title} · Caughtup`
  }, [title])

  return (
    <SessionProvider
      session={session}
      epoch={snapshot.epoch}
      busy={snapshot.run !== undefined}
      send={send}
    >
      <SessionAnnouncements session={session} />
      <PageHeader {...controls}>
        <SessionHeader
          session={session}
          title={title}
          connection={connection}
          model={snapshot.model ?? row?.lastModel}
          contextUsage={snapshot.contextUsage}
          usage={snapshot.usage}
          presence={snapshot.presence}
          busy={snapshot.run !== undefined}
          canUndo={snapshot.canUndo}
          canRedo={snapshot.canRedo}
        />
      </PageHeader>
      <Transcript unread={row?.unread ?? 0} messageId={messageId} />
      <div className="mx-auto w-full max-w-3xl px-4 pb-[max(1rem,env(safe-area-inset-bottom))]">
        <ConnectionNotice session={session} />
        {snapshot.unmerged && <UnmergedNotice reason={snapshot.unmerged} />}
        <RunFailure error={snapshot.lastError} messages={messages} />
        <PromptQueue session={session} />
        <TypingLine who={typing.who} />
        <Composer session={session} onSend={send} onTyping={typing.tell} files={files} />
      </div>
    </SessionProvider>
  )
}

/** For calls whose failure the snapshot shows. */
function settle(call: Promise<unknown>): void {
  call.catch(() => {})
}
