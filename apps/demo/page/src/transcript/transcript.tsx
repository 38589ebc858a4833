import { useLoadingText } from '@caughtup/react-ui'
import { memo } from 'react'

import { useShownSession } from '../client/session-context.tsx'
import { useCountedRedraws } from '../inspector/redraw-counter.tsx'
import { AroundTranscript } from './around-transcript.tsx'
import { EmptyTranscript } from './empty-transcript.tsx'
import { MessageList } from './message-list.tsx'
import type { TranscriptProps } from './transcript-props.ts'

/** The messages of a session, or suggestions for the first one. */
export const Transcript = memo(function Transcript(props: TranscriptProps) {
  useCountedRedraws()
  const loading = useLoadingText(useShownSession().session)
  const { messages, pending, hasOlder, stale, gone, epoch, onSend } = props
  if (messages.length === 0 && pending.length === 0 && !hasOlder) {
    if (gone) return <div className="flex-1" />
    return <EmptyTranscript loading={stale ? loading : undefined} epoch={epoch} onSend={onSend} />
  }
  if (props.messageId !== undefined) {
    // Another message is another place to begin at.
    return <AroundTranscript key={props.messageId} {...props} messageId={props.messageId} />
  }
  return <MessageList {...props} />
})
