import type { Message } from '@caughtup/schema'
import { noticeText, noticeType } from '@caughtup/schema/notice'
import { Play, RotateCcw, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'

import { useShownSession } from '../../client/session-context.tsx'
import { fullTime } from '../../format/time.ts'
import { Button } from '../../ui/button.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { NoticeLine } from '../parts/notice-line.tsx'
import { FailureDetails } from './failure-details.tsx'

/** Asks for more of an answer that ended early; the guide then shows further matches. */
const goOn = 'Go on'

/** How an answer ended, and what can be done about it, unless it ended normally. */
export function AnswerEnd({ message }: { message: Message }) {
  const { finishReason, error, runId, finishedAt } = message.metadata
  // A part of the message may say who or what ended it.
  const hasNotice = message.parts.some((part) => part.type === noticeType)
  switch (finishReason) {
    case 'error':
      return (
        <div
          role="note"
          className="mt-3 rounded-xl border border-danger/30 bg-danger-soft px-3.5 py-2 text-sm"
        >
          <div className="flex items-start gap-2.5">
            <TriangleAlert aria-hidden size={16} className="mt-1 shrink-0 text-danger" />
            <p className="min-w-0 wrap-anywhere">
              <span className="font-medium">The answer failed.</span> {error?.message}
            </p>
          </div>
          <Actions message={message} />
          <FailureDetails
            facts={[
              ['Code', error?.code],
              ['Run', runId],
              ['When', finishedAt && fullTime(finishedAt)],
            ]}
          />
        </div>
      )
    case 'interrupted':
    case 'lost':
      return (
        <>
          {!hasNotice && (
            <NoticeLine>{noticeText({ kind: finishReason, assistant: '' })}</NoticeLine>
          )}
          <Actions message={message} canGoOn />
        </>
      )
    case 'length':
      return <EndedEarly message={message}>The answer reached the model’s length limit.</EndedEarly>
    case 'content-filter':
      return <NoticeLine>The provider’s content filter ended the answer.</NoticeLine>
    case 'other':
      return (
        <EndedEarly message={message}>The answer ended early and may be incomplete.</EndedEarly>
      )
    case 'stop':
    case 'tool-calls':
    case undefined:
    default:
      return null
  }
}

function EndedEarly({ message, children }: { message: Message; children: ReactNode }) {
  return (
    <>
      <NoticeLine>{children}</NoticeLine>
      <Actions message={message} canGoOn />
    </>
  )
}

function Actions({ message, canGoOn = false }: { message: Message; canGoOn?: boolean }) {
  const { session, epoch, send } = useShownSession()
  const { attempt } = useToasts()
  if (message.epoch !== epoch) return null
  return (
    <div className="mt-2 flex flex-wrap gap-2">
      <Button onClick={() => attempt('Answering again', () => session.retry(message.id))}>
        <RotateCcw aria-hidden size={14} />
        Try again
      </Button>
      {canGoOn && (
        <Button onClick={() => send(goOn)}>
          <Play aria-hidden size={14} />
          Continue
        </Button>
      )}
    </div>
  )
}
