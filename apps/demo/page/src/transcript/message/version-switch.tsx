import type { Message } from '@caughtup/schema'
import { ChevronLeft, ChevronRight } from 'lucide-react'

import { useShownSession } from '../../client/session-context.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { useToasts } from '../../ui/toasts.tsx'

/** Goes back and forth between the versions that begin in a message's place. */
export function VersionSwitch({ message }: { message: Message }) {
  const { session, epoch } = useShownSession()
  const { attempt } = useToasts()
  const { version } = message
  // Versions of an older epoch stay as they are.
  if (!version || message.epoch !== epoch) return null
  const { index, count } = version
  const show = (wanted: number) =>
    attempt('Showing another version', async () => {
      const versions = await session.versions(message.id)
      const other = versions.find((one) => one.index === wanted)
      if (other) await session.choose(other.message.id)
    })
  return (
    <div className="flex items-center text-xs text-muted-foreground tabular-nums">
      <IconButton
        icon={ChevronLeft}
        label="The version before"
        size="small"
        disabled={index === 1}
        onClick={() => show(index - 1)}
      />
      <span aria-label={`Version ${index} of ${count}`}>
        {index}/{count}
      </span>
      <IconButton
        icon={ChevronRight}
        label="The next version"
        size="small"
        disabled={index === count}
        onClick={() => show(index + 1)}
      />
    </div>
  )
}
