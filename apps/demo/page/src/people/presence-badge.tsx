import type { Presence } from '@caughtup/schema'
import { Users } from 'lucide-react'

/** Who else is watching, and on how many devices; nothing while it is one person on one. */
export function PresenceBadge({ presence }: { presence: readonly Presence[] }) {
  const streams = presence.reduce((sum, { streams: own }) => sum + own, 0)
  if (streams < 2) return null
  const names = presence
    .map(({ principal, streams: own }) => (own > 1 ? `${principal} (${own} windows)` : principal))
    .join(', ')
  const what = presence.length > 1 ? `${presence.length} people` : `${streams} windows`
  return (
    <span data-testid="presence" className="flex shrink-0 items-center gap-1" title={names}>
      <Users aria-hidden size={13} />
      {what}
      <span className="sr-only"> are watching: {names}</span>
    </span>
  )
}
