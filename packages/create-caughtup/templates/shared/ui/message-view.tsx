import { ApprovalCard, MessageText, useAttempt } from '@caughtup/react-ui'
import type { Message } from '@caughtup/schema'
import { isNoticeKind, noticeText } from '@caughtup/schema/notice'
import type { SessionView } from '@caughtup/web-client'

interface MessageViewProps {
  session: SessionView
  message: Message
}

/** A prompt or an answer. Answers are shown as they are; for Markdown, put a renderer in place of `MessageText`. */
export function MessageView({ session, message }: MessageViewProps) {
  const { error, finishReason } = message.metadata
  return (
    <>
      {message.parts.map((_, index) => (
        <PartView key={index} {...{ session, message, index }} />
      ))}
      {isNoticeKind(finishReason) && (
        <p className="quiet">{noticeText({ kind: finishReason, assistant: '' })}</p>
      )}
      {error && <Failure session={session} messageId={message.id} reason={error.message} />}
    </>
  )
}

function PartView({ session, message, index }: MessageViewProps & { index: number }) {
  const part = message.parts[index]
  switch (part?.type) {
    case 'text':
      return <MessageText message={message} part={index} as="p" className="text" />
    case 'reasoning':
      return (
        <details>
          <summary>Thinking</summary>
          <MessageText message={message} part={index} as="p" className="text" />
        </details>
      )
    case 'dynamic-tool':
      return (
        <div className="tool">
          <p>
            {part.title ?? part.toolName} <span className="quiet">{toolState(part.state)}</span>
          </p>
          <ApprovalCard session={session} part={part} className="approval" />
        </div>
      )
    case 'file':
      return part.mediaType.startsWith('image/') ? (
        <img src={part.url} alt={part.filename ?? 'An attached image'} />
      ) : (
        <p className="quiet">{part.filename ?? part.mediaType}</p>
      )
    default:
      return null // steps, sources, and data parts: draw those that your agent yields
  }
}

function toolState(state: string): string {
  if (state === 'output-available') return 'done'
  if (state === 'output-error') return 'failed'
  if (state === 'output-denied') return 'denied'
  return state.startsWith('approval') ? 'needs an answer' : 'running'
}

interface FailureProps {
  session: SessionView
  messageId: string
  reason: string
}

function Failure({ session, messageId, reason }: FailureProps) {
  const attempt = useAttempt()
  return (
    <div className="failure" role="note">
      <p>The answer failed: {reason}</p>
      <button onClick={() => void attempt('send', () => session.retry(messageId))}>
        Try again
      </button>
    </div>
  )
}
