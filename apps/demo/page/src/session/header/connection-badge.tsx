import { useConnectionText } from '@caughtup/react-ui'
import type { Connection, ConnectionStatus } from '@caughtup/web-client'

import type { DemoSession } from '../../client/demo-client.ts'

/** Where nothing more is tried, or not yet: what may be asked to connect. */
const stopped: ReadonlySet<ConnectionStatus> = new Set(['displaced', 'waiting', 'ended', 'failed'])

const dots: Record<ConnectionStatus, string> = {
  idle: 'bg-muted-foreground',
  displaced: 'bg-muted-foreground',
  connecting: 'bg-warning breathe',
  replaying: 'bg-warning breathe',
  live: 'bg-success',
  waiting: 'bg-warning breathe',
  offline: 'bg-muted-foreground',
  ended: 'bg-danger',
  failed: 'bg-danger',
}

interface ConnectionBadgeProps {
  session: DemoSession
  connection: Connection
}

export function ConnectionBadge({ session, connection }: ConnectionBadgeProps) {
  const { status } = connection
  return (
    <span
      data-testid="connection"
      data-status={status}
      className="flex shrink-0 items-center gap-1.5"
      title={connection.error?.message}
    >
      <span aria-hidden className={`size-2 rounded-full ${dots[status]}`} />
      {useConnectionText(session)}
      {stopped.has(status) && (
        <button
          type="button"
          className="rounded font-medium text-primary underline underline-offset-2"
          onClick={() => session.reconnect()}
        >
          {status === 'waiting' ? 'Try now' : 'Reconnect'}
        </button>
      )}
    </span>
  )
}
