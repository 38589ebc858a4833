import type { QueuedRun } from '@caughtup/schema'
import type { PendingPrompt } from '@caughtup/web-client'
import { Clock, FoldVertical, ListX, RotateCw, X } from 'lucide-react'
import { memo } from 'react'

import { promptText } from '../format/prompt-text.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { QueueEntry } from './queue-entry.tsx'
import { QueuedPrompt } from './queued-prompt.tsx'

interface PromptQueueProps {
  queue: readonly QueuedRun[]
  /** Prompts that the server has not acknowledged yet. */
  pending: readonly PendingPrompt[]
  onCancel: (runId: string) => void
  onRetry: (messageId: string) => void
  onDismiss: (messageId: string) => void
}

/** The runs that wait for the current one to end. */
export const PromptQueue = memo(function PromptQueue(props: PromptQueueProps) {
  const { queue, pending, onCancel, onRetry, onDismiss } = props
  if (queue.length === 0 && pending.length === 0) return null
  return (
    <ul aria-label="Queue" className="mb-2 flex max-h-40 flex-col gap-1 overflow-y-auto">
      {queue.map((run) => {
        if (run.kind === 'agent') {
          return <QueuedPrompt key={run.runId} run={run} onCancel={() => onCancel(run.runId)} />
        }
        const isReset = run.kind === 'reset'
        return (
          <QueueEntry
            key={run.runId}
            icon={isReset ? ListX : FoldVertical}
            text={isReset ? 'Clear the context' : 'Compact the context'}
          >
            <IconButton
              icon={X}
              label="Cancel this"
              size="small"
              onClick={() => onCancel(run.runId)}
            />
          </QueueEntry>
        )
      })}
      {pending.map(({ messageId, parts, error }) => (
        <QueueEntry
          key={messageId}
          icon={Clock}
          text={`${promptText(parts)}${error ? ` (${error.message})` : ''}`}
          look={error ? 'text-danger' : 'opacity-70'}
        >
          {error && (
            <>
              <IconButton
                icon={RotateCw}
                label="Try again"
                size="small"
                onClick={() => onRetry(messageId)}
              />
              <IconButton
                icon={X}
                label="Cancel this prompt"
                size="small"
                onClick={() => onDismiss(messageId)}
              />
            </>
          )}
        </QueueEntry>
      ))}
    </ul>
  )
})
