import { Plus, Search } from 'lucide-react'
import { useLoadingText } from '@caughtup/react-ui'
import { type ReactNode, useDeferredValue, useMemo, useRef, useState } from 'react'
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
import { MessageHits } from './message-hits.tsx'
import { SessionRow } from './session-row.tsx'
import { useListWindow } from './use-list-window.ts'
import { useRovingFocus } from './use-roving-focus.ts'
import { useSearch } from './use-search.ts'

interface SessionListProps {
  selectedId: string | undefined
  /** Called when a session is chosen, to close a sheet. */
  onChosen: () => void
  /** Shown at the end of the list's foot. */
  foot?: ReactNode
}

export function SessionList({ selectedId, onChosen, foot }: SessionListProps) {
  const client = useClient()
  const { rows: all, connection, stale } = useActivity(client)
  const loading = useLoadingText(activityView(client))
  const { attempt } = useToasts()
  const visible = usePageVisible()
  const [deletingId, setDeletingId] = useState<string>()
  const [text, setText] = useState('')
  const wanted = useDeferredValue(text.trim())
  const found = useSearch(text)
  const rows = useMemo(() => {
    const words = wanted.toLowerCase()
    return words === '' ? all : all.filter((row) => sessionTitle(row).toLowerCase().includes(words))
  }, [all, wanted])
  const ids = useMemo(() => rows.map(({ sessionId }) => sessionId), [rows])
  const scroller = useRef<HTMLElement>(null)
  const { start, end, before, after, onScroll, show } = useListWindow(scroller, rows.length)
  const drawn = rows.slice(start, end)
  const roving = useRovingFocus({ ids, initialId: selectedId, show })
  const isDrawn = drawn.some(({ sessionId }) => sessionId === roving.tabbableId)
  const tabbableId = isDrawn ? roving.tabbableId : drawn[0]?.sessionId
  const deleting = all.find((row) => row.sessionId === deletingId)

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
      <search className="relative mx-3 mb-2 shrink-0">
        <Search
          aria-hidden
          size={15}
          className="pointer-events-none absolute top-2.5 left-2.5 text-muted-foreground"
        />
        <input
          type="search"
          aria-label="Search chats and messages"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-9 w-full rounded-lg border border-border bg-card pr-2 pl-8 text-sm placeholder:text-muted-foreground"
        />
      </search>
      <nav
        ref={scroller}
        aria-label="Chats"
        onScroll={onScroll}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-2 pb-1"
      >
        <ul {...roving.listProps} style={{ paddingTop: before, paddingBottom: after }}>
          {drawn.map((row, offset) => (
            <SessionRow
              key={row.sessionId}
              row={row}
              position={start + offset + 1}
              total={rows.length}
              onScreen={visible && row.sessionId === selectedId}
              selected={row.sessionId === selectedId}
              tabbable={row.sessionId === tabbableId}
              onChosen={onChosen}
              onRename={rename}
              onDelete={setDeletingId}
            />
          ))}
        </ul>
        {all.length === 0 && (
          <p className="px-3 py-6 text-sm text-muted-foreground">
            {stale ? loading : 'No chats yet. Send a message to start one.'}
          </p>
        )}
        {wanted !== '' && (
          <>
            {rows.length === 0 && (
              <p className="px-3 py-2 text-sm text-muted-foreground">No chat has such a title.</p>
            )}
            <MessageHits text={wanted} found={found} rows={all} onChosen={onChosen} />
          </>
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
