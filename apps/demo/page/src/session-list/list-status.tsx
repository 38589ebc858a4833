import { ConnectionAction, ConnectionBanner, ConnectionText } from '@caughtup/react-ui'
import { activityView } from '@caughtup/web-client'
import type { ReactNode } from 'react'

import { useClient } from '../client/client-context.tsx'
import { pagePrincipal } from '../client/demo-client.ts'
import { buttonLook } from '../ui/button.tsx'

/** The list's foot: the owner of the chats, and whether the list may be out of date. */
export function ListStatus({ children }: { children?: ReactNode }) {
  const client = useClient()
  return (
    <div className="flex min-h-11 shrink-0 items-center gap-1 border-t border-border py-1 pr-3 pl-5 text-xs text-muted-foreground">
      <span className="mr-auto truncate">Signed in as {pagePrincipal() ?? 'local'}</span>
      <ConnectionBanner view={activityView(client)} className="group/list shrink-0">
        <span className="appear-late text-warning group-data-urgent/list:hidden">
          May be out of date
        </span>
        <ConnectionText className="sr-only group-not-data-urgent/list:hidden" />
        <ConnectionAction className={`${buttonLook()} group-not-data-urgent/list:hidden`}>
          Reconnect list
        </ConnectionAction>
      </ConnectionBanner>
      {children}
    </div>
  )
}
