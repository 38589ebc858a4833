import {
  JumpToLatest,
  MessageList,
  MessageListAround,
  MessageRows,
  MessageViewport,
  useMessageList,
} from '@caughtup/react-ui'
import type { Message } from '@caughtup/schema'
import type { PendingPrompt } from '@caughtup/web-client'
import { ArrowDown } from 'lucide-react'
import { useCallback } from 'react'

import { useShownSession } from '../client/session-context.tsx'
import { openSession } from '../hooks/use-route.ts'
import { useCountedRedraws } from '../inspector/redraw-counter.tsx'
import { EmptyTranscript } from './empty-transcript.tsx'
import { TranscriptTop } from './transcript-top.tsx'
import { EpochDivider } from './message/epoch-divider.tsx'
import { PendingMessage } from './message/pending-message.tsx'
import { MessageView } from './message-view.tsx'

interface TranscriptProps {
  unread: number
  /** A message to show, with those around it, in place of the newest ones. */
  messageId: string | undefined
}

/** The messages of the shown session, or suggestions for the first one. */
export function Transcript({ unread, messageId }: TranscriptProps) {
  const { session } = useShownSession()
  const { sessionId } = session
  const leave = useCallback(() => openSession(sessionId), [sessionId])
  const looks = {
    className: 'relative min-h-0 flex-1',
    renderMessage,
    renderPending,
    renderCleared,
    children: parts,
  }
  if (messageId === undefined) return <MessageList session={session} unread={unread} {...looks} />
  return <MessageListAround session={session} messageId={messageId} onLeave={leave} {...looks} />
}

const renderMessage = (message: Message) => <MessageView message={message} />
const renderPending = (prompt: PendingPrompt) => <PendingMessage prompt={prompt} />
const renderCleared = () => <EpochDivider>Context cleared</EpochDivider>

/** A row's content is in the middle column. */
const row =
  'px-[max(1rem,calc(50%-23rem))] pb-4 sm:px-[max(1.5rem,calc(50%-22.5rem))] data-found:found'

const parts = (
  <>
    <MessageViewport
      data-testid="transcript"
      className="scroll-pt-18 overscroll-contain outline-offset-[-2px] *:flex *:min-h-full *:flex-col"
    >
      <TranscriptTop />
      <MessageRows rowClassName={row} />
      <EmptyTranscript />
      <div aria-hidden className="h-6" />
    </MessageViewport>
    <div
      aria-hidden
      className="pointer-events-none absolute inset-x-0 bottom-0 h-5 bg-linear-to-t from-background"
    />
    <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
      <JumpToLatest className="group pointer-events-auto inline-flex h-9 items-center gap-1.5 rounded-full border border-border bg-card pr-3.5 pl-3 text-sm font-medium shadow-md hover:bg-muted">
        <ArrowDown aria-hidden size={15} />
        Jump to latest
        <span
          aria-hidden
          className="breathe ml-0.5 size-2 rounded-full bg-primary not-group-data-streaming:hidden"
        />
      </JumpToLatest>
    </div>
    <CountedRedraws />
  </>
)

/** Is drawn whenever the list is. */
function CountedRedraws() {
  useMessageList()
  useCountedRedraws()
  return null
}
