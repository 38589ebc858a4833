import type { PromptPart, QueuedRun } from '@caughtup/schema'
import type { PendingPrompt } from '@caughtup/web-client'
import { Clock, FoldVertical, ListX, type LucideIcon, RotateCw, X } from 'lucide-react'
import { memo, type ReactNode } from 'react'

import { IconButton } from '../ui/icon-button.tsx'

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
      {queue.map((run) => (
        <Entry key={run.runId} icon={icons[run.kind]} onCancel={() => onCancel(run.runId)}>
          {queuedText(run)}
        </Entry>
      ))}
      {pending.map((prompt) => (
        <Entry
          key={prompt.messageId}
          icon={Clock}
          {...(prompt.error && {
            onRetry: () => onRetry(prompt.messageId),
            onCancel: () => onDismiss(prompt.messageId),
          })}
        >
          <span className={prompt.error ? 'text-danger' : 'opacity-70'}>
            {promptText(prompt.parts)}
            {prompt.error && ` (${prompt.error.message})`}
          </span>
        </Entry>
      ))}
    </ul>
  )
})

const icons = { agent: Clock, compaction: FoldVertical, reset: ListX }

interface EntryProps {
  icon: LucideIcon
  onRetry?: () => void
  onCancel?: () => void
  children: ReactNode
}

function Entry({ icon: Icon, onRetry, onCancel, children }: EntryProps) {
  return (
    <li
      data-testid="queued"
      className="flex min-h-8 items-center gap-2 rounded-lg bg-muted pr-0.5 pl-3 text-sm"
    >
      <Icon aria-hidden size={14} className="shrink-0 text-muted-foreground" />
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {onRetry && <IconButton icon={RotateCw} label="Try again" size="small" onClick={onRetry} />}
      {onCancel && (
        <IconButton icon={X} label="Cancel this prompt" size="small" onClick={onCancel} />
      )}
    </li>
  )
}

function queuedText(run: QueuedRun): string {
  switch (run.kind) {
    case 'agent':
      return promptText(run.parts)
    case 'compaction':
      return 'Compact the context'
    case 'reset':
      return 'Clear the context'
  }
}

function promptText(parts: readonly PromptPart[]): string {
  return parts
    .map((part) => (part.type === 'text' ? part.text : (part.filename ?? 'a file')))
    .join(' ')
}
