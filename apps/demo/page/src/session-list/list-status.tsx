import type { Connection } from '@caughtup/web-client'
import type { ReactNode } from 'react'

import { Button } from '../ui/button.tsx'

interface ListStatusProps {
  connection: Connection
  stale: boolean
  principal: string | undefined
  onReconnect: () => void
  children?: ReactNode
}

/** The list's foot: the owner of the chats, and whether the list may be out of date. */
export function ListStatus(props: ListStatusProps) {
  const { connection, stale, principal, onReconnect, children } = props
  const failed = connection.status === 'failed' || connection.status === 'ended'
  return (
    <div className="flex min-h-11 shrink-0 items-center gap-1 border-t border-border py-1 pr-3 pl-5 text-xs text-muted-foreground">
      <span className="mr-auto truncate">Signed in as {principal ?? 'local'}</span>
      {failed && (
        <Button className="shrink-0" onClick={onReconnect}>
          Reconnect list
        </Button>
      )}
      {!failed && stale && (
        <span className="appear-late shrink-0 text-warning">May be out of date</span>
      )}
      {children}
    </div>
  )
}
