import type { Message } from '@caughtup/schema'
import { Check, Copy, RotateCcw } from 'lucide-react'
import { useEffect, useState } from 'react'

import { useShownSession } from '../../client/session-context.tsx'
import { compactNumber } from '../../format/number.ts'
import { duration, fullTime } from '../../format/time.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { messageText } from '../../../../shared/message-text.ts'
import { ForkButton } from '../message/fork-button.tsx'
import { DeleteButton } from '../message/delete-button.tsx'
import { VersionSwitch } from '../message/version-switch.tsx'

/** Facts about an answer, on hover. It takes its height from the start, so that nothing moves. */
export function MessageFooter({ message }: { message: Message }) {
  const { createdAt, finishedAt, model, usage } = message.metadata
  const facts = [
    model,
    usage?.outputTokens !== undefined && `${compactNumber(usage.outputTokens)} tokens`,
    finishedAt !== undefined && duration(finishedAt - createdAt),
    fullTime(createdAt),
  ].filter((fact) => fact !== undefined && fact !== false)
  return (
    <footer className="-ml-1.5 flex h-7 items-center gap-1 text-xs text-muted-foreground">
      <VersionSwitch message={message} />
      {message.status === 'done' && (
        <div className="flex min-w-0 items-center gap-1 opacity-0 transition-opacity group-focus-within/message:opacity-100 group-hover/message:opacity-100 pointer-coarse:opacity-100">
          <CopyButton text={messageText(message)} />
          <RetryButton message={message} />
          <ForkButton message={message} />
          <DeleteButton message={message} />
          <span className="truncate">{facts.join(' · ')}</span>
        </div>
      )}
    </footer>
  )
}

function RetryButton({ message }: { message: Message }) {
  const { session, epoch } = useShownSession()
  const { attempt } = useToasts()
  if (message.epoch !== epoch) return null
  return (
    <IconButton
      icon={RotateCcw}
      label="Answer again"
      size="small"
      onClick={() => attempt('Answering again', () => session.retry(message.id))}
    />
  )
}

/** Long enough to notice, short enough to copy again. */
const confirmedMs = 1_500

function CopyButton({ text }: { text: string }) {
  const { attempt } = useToasts()
  const [copied, setCopied] = useState(false)

  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), confirmedMs)
    return () => clearTimeout(timer)
  }, [copied])

  if (!text) return null
  return (
    <IconButton
      icon={copied ? Check : Copy}
      label={copied ? 'Copied' : 'Copy the answer'}
      size="small"
      onClick={() =>
        attempt('Copying', async () => {
          await navigator.clipboard.writeText(text)
          setCopied(true)
        })
      }
    />
  )
}
