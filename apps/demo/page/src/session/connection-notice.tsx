import type { Connection } from '@caughtup/web-client'
import { CloudOff, TriangleAlert } from 'lucide-react'

import { Button } from '../ui/button.tsx'

interface ConnectionNoticeProps {
  connection: Connection
  /** Whether what is shown may be behind. */
  stale: boolean
  onReconnect: () => void
}

/** Over the composer: what a person should know before writing, and nothing while all is well. */
export function ConnectionNotice({ connection, stale, onReconnect }: ConnectionNoticeProps) {
  const { status, error, endReason } = connection
  if (endReason === 'session-deleted' || error?.code === 'NOT_FOUND') {
    return (
      <Notice look="danger">
        {endReason ? 'This chat was deleted.' : 'There is no such chat, or it is not yours.'}
        <a href="#/" className="ml-auto shrink-0 font-medium text-primary underline">
          Start another
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
        <Button className="ml-auto shrink-0" onClick={onReconnect}>
          Reconnect
        </Button>
      </Notice>
    )
  }
  if (status === 'offline') {
    return (
      <Notice look="quiet">
        You are offline. What you see may be behind; it catches up by itself.
      </Notice>
    )
  }
  if (stale && status !== 'idle') {
    return <Notice look="quiet">Catching up. What you see may be behind.</Notice>
  }
  return null
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
