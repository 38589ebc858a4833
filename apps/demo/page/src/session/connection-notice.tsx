import type { Unmerged } from '@caughtup/schema'
import type { Connection } from '@caughtup/web-client'
import { CloudOff, TriangleAlert } from 'lucide-react'

import { Button } from '../ui/button.tsx'

interface ConnectionNoticeProps {
  connection: Connection
  /** Whether the messages on screen may be out of date. */
  stale: boolean
  onReconnect: () => void
}

/** A warning above the composer that the connection or the chat is not well. */
export function ConnectionNotice({ connection, stale, onReconnect }: ConnectionNoticeProps) {
  const { status, error, endReason, remedy, attempts, retryAt } = connection
  if (remedy === 'leave') {
    return (
      <Notice look="danger">
        {endReason === 'session-deleted'
          ? 'This chat was deleted.'
          : 'This chat does not exist, or it is not yours.'}
        <a href="#/" className="ml-auto shrink-0 font-medium text-primary underline">
          Start a new chat
        </a>
      </Notice>
    )
  }
  if (status === 'failed' || status === 'ended') {
    return (
      <Notice look="danger">
        <span className="min-w-0 wrap-anywhere">
          {error?.message ?? 'The server ended the connection.'}
        </span>
        {remedy === 'reload-page' ? (
          <Button className="ml-auto shrink-0" onClick={() => location.reload()}>
            Reload
          </Button>
        ) : (
          <Button className="ml-auto shrink-0" onClick={onReconnect}>
            Reconnect
          </Button>
        )}
      </Notice>
    )
  }
  if (status === 'offline') {
    return (
      <Notice look="quiet">
        You are offline. Messages may be out of date until you are connected again.
      </Notice>
    )
  }
  if (status === 'waiting' && retryAt === undefined) {
    return (
      <Notice look="quiet">Too many tabs are open. This one goes on once another is closed.</Notice>
    )
  }
  if (status === 'waiting' || (status === 'connecting' && attempts > 1)) {
    return (
      <Notice look="quiet">
        <span className="min-w-0">
          The server cannot be reached. Messages may be out of date until it answers.
        </span>
        {status === 'waiting' && (
          <Button className="ml-auto shrink-0" onClick={onReconnect}>
            Try now
          </Button>
        )}
      </Notice>
    )
  }
  if (stale && status !== 'idle') {
    return <Notice look="quiet">Catching up. Messages may be out of date.</Notice>
  }
  return null
}

const unmergedText: Record<Unmerged, string> = {
  failed: 'Messages that another system added could not be read. The next prompt tries again.',
  'run-active': 'Messages that another system added are shown after this answer.',
}

/** Why messages that another system added may be missing. */
export function UnmergedNotice({ reason }: { reason: Unmerged }) {
  return <Notice look="quiet">{unmergedText[reason]}</Notice>
}

function Notice({ look, children }: { look: 'quiet' | 'danger'; children: React.ReactNode }) {
  const Icon = look === 'danger' ? TriangleAlert : CloudOff
  return (
    <div
      className={`mb-2 flex items-center gap-2.5 rounded-xl border px-3 py-1.5 text-sm ${
        look === 'danger'
          ? 'border-danger/30 bg-danger-soft'
          : 'appear-late border-border bg-muted text-muted-foreground'
      }`}
    >
      <Icon
        aria-hidden
        size={16}
        className={`shrink-0 ${look === 'danger' ? 'text-danger' : ''}`}
      />
      {children}
    </div>
  )
}
