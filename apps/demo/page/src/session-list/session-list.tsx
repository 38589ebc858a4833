import { Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { activityView } from '@caughtup/web-client'
import { useActivity } from '@caughtup/web-client/react'

import { pagePrincipal } from '../client/demo-client.ts'
import { useClient } from '../client/client-context.tsx'
import { sessionTitle } from '../format/session-title.ts'
import { openHome } from '../hooks/use-route.ts'
import { usePageVisible } from '../hooks/use-page-visible.ts'
import { Button } from '../ui/button.tsx'
import { ConfirmDialog } from '../ui/dialog/confirm-dialog.tsx'
import { focusComposer, rescueFocus } from '../ui/focus-composer.ts'
import { useToasts } from '../ui/toasts.tsx'
import { ListStatus } from './list-status.tsx'
import { SessionRow } from './session-row.tsx'
import { useRovingFocus } from './use-roving-focus.ts'

interface SessionListProps {
  selectedId: string | undefined
  /** Called when a session is chosen, to close a sheet. */
  onChosen: () => void
  /** Shown at the end of the list's foot. */
  foot?: ReactNode
}

export function SessionList({ selectedId, onChosen, foot }: SessionListProps) {
  const client = useClient()
  const { rows, connection, stale } = useActivity(client)
  const { attempt } = useToasts()
  const [deletingId, setDeletingId] = useState<string>()
  const visible = usePageVisible()
  const roving = useRovingFocus(selectedId ?? rows[0]?.sessionId)
  const deleting = rows.find((row) => row.sessionId === deletingId)

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
  const rename = (sessionId: string, title: string) =>
    attempt('Renaming the chat', () => client.rpc.sessions.update({ sessionId, title }))

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
      <nav
        aria-label="Chats"
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-2 py-1"
      >
        <ul {...roving.listProps} className="flex flex-col gap-0.5">
          {rows.map((row) => (
            <SessionRow
              key={row.sessionId}
              row={row}
              onScreen={visible && row.sessionId === selectedId}
              selected={row.sessionId === selectedId}
              tabbable={row.sessionId === roving.tabbableId}
              onChosen={onChosen}
              onRename={rename}
              onDelete={setDeletingId}
            />
          ))}
        </ul>
        {rows.length === 0 && !stale && (
          <p className="px-3 py-6 text-sm text-muted-foreground">
            No chats yet. Send a message to start one.
          </p>
        )}
      </nav>
      <ListStatus
        connection={connection}
        stale={stale}
        principal={pagePrincipal()}
        onReconnect={() => activityView(client).reconnect()}
      >
        {foot}
      </ListStatus>
      {deleting && (
        <ConfirmDialog
          title="Delete this chat?"
          description={`“${sessionTitle(deleting)}” and all its messages will be deleted for everyone in it. This cannot be undone.`}
          action="Delete"
          onConfirm={() => remove(deleting.sessionId)}
          onClose={() => setDeletingId(undefined)}
        />
      )}
    </>
  )
}
