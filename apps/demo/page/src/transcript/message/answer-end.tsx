import type { MessageMetadata } from '@caughtup/schema'
import { noticeText } from '@caughtup/schema/notice'
import { TriangleAlert } from 'lucide-react'

import { NoticeLine } from '../parts/notice-line.tsx'

interface AnswerEndProps {
  metadata: MessageMetadata
  /** Whether a part of the message already says who or what ended it. */
  hasNotice: boolean
}

/** How an answer ended, unless it ended normally. */
export function AnswerEnd({ metadata, hasNotice }: AnswerEndProps) {
  const { finishReason, error } = metadata
  switch (finishReason) {
    case 'error':
      return (
        <div
          role="note"
          className="mt-3 flex items-start gap-2.5 rounded-xl border border-danger/30 bg-danger-soft px-3.5 py-2 text-sm"
        >
          <TriangleAlert aria-hidden size={16} className="mt-1 shrink-0 text-danger" />
          <p className="min-w-0 wrap-anywhere">
            <span className="font-medium">The answer failed.</span> {error?.message}
          </p>
        </div>
      )
    case 'interrupted':
    case 'lost':
      if (hasNotice) return null
      return <NoticeLine>{noticeText({ kind: finishReason, assistant: '' })}</NoticeLine>
    case 'length':
      return <NoticeLine>The answer reached the model’s length limit.</NoticeLine>
    case 'content-filter':
      return <NoticeLine>The provider’s content filter ended the answer.</NoticeLine>
    case 'other':
      return <NoticeLine>The answer ended early and may be incomplete.</NoticeLine>
    case 'stop':
    case 'tool-calls':
    case undefined:
    default:
      return null
  }
}
