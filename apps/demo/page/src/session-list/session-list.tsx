import {
  SessionList as List,
  SessionListNotice,
  SessionListRows,
  SessionListScroller,
  SessionListSearch,
} from '@caughtup/react-ui'
import type { ActivityRow } from '@caughtup/schema'
import { Plus, Search } from 'lucide-react'
import { type ReactNode, useCallback, useState } from 'react'

import { useClient } from '../client/client-context.tsx'
import { sessionTitle } from '../format/session-title.ts'
import { messageHref, openHome, sessionHref } from '../hooks/use-route.ts'
import { Button } from '../ui/button.tsx'
import { ConfirmDialog } from '../ui/dialog/confirm-dialog.tsx'
import { focusComposer, rescueFocus } from '../ui/focus-composer.ts'
import { useToasts } from '../ui/toasts.tsx'
import { ListStatus } from './list-status.tsx'
import { MessageHits } from './message-hits.tsx'
import { ListedSession } from './listed-session.tsx'

interface SessionListProps {
  selectedId: string | undefined
  /** Called when a session is chosen, to close a sheet. */
  onChosen: () => void
  /** Shown at the end of the list's foot. */
  foot?: ReactNode
}

export function SessionList({ selectedId, onChosen, foot }: SessionListProps) {
  const client = useClient()
  const { attempt } = useToasts()
  const [deleting, setDeleting] = useState<ActivityRow>()

  // The chat itself is made with its first prompt, so that none stays empty.
  const create = () => {
    openHome()
    onChosen()
    focusComposer()
  }
  const remove = (sessionId: string) =>
    attempt('Deleting the chat', async () => {
      await client.rpc.sessions.delete({ sessionId })
      if (sessionId === selectedId) openHome()
      rescueFocus()
    })
  const renderRow = useCallback(() => <ListedSession onDelete={setDeleting} />, [])

  return (
    <>
      <div className="flex h-16 shrink-0 items-center justify-between pr-3 pl-5">
        <a href="#/" className="rounded font-semibold tracking-tight" onClick={onChosen}>
          Caughtup
        </a>
        <Button onClick={create}>
          <Plus aria-hidden size={16} className="-ml-1" />
          New chat
        </Button>
      </div>
      <List
        client={client}
        selectedId={selectedId}
        href={({ sessionId, messageId }) =>
          messageId === undefined ? sessionHref(sessionId) : messageHref(sessionId, messageId)
        }
        onSelect={onChosen}
        className="flex min-h-0 flex-1 flex-col"
      >
        <search className="relative mx-3 mb-2 shrink-0">
          <Search
            aria-hidden
            size={15}
            className="pointer-events-none absolute top-2.5 left-2.5 text-muted-foreground"
          />
          <SessionListSearch className="h-9 w-full rounded-lg border border-border bg-card pr-2 pl-8 text-sm placeholder:text-muted-foreground" />
        </search>
        <SessionListScroller className="min-h-0 flex-1 overscroll-contain px-2 pb-1">
          <SessionListRows renderRow={renderRow} />
          <SessionListNotice className="px-3 py-6 text-sm text-muted-foreground data-[kind=nothing-found]:py-2" />
          <MessageHits />
        </SessionListScroller>
      </List>
      <ListStatus>{foot}</ListStatus>
      {deleting && (
        <ConfirmDialog
          title="Delete this chat?"
          description={`“${sessionTitle(deleting)}” and all its messages will be deleted for everyone in it. This cannot be undone.`}
          action="Delete"
          onConfirm={() => remove(deleting.sessionId)}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </>
  )
}
