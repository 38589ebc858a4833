import { SessionRow, SessionRowLink, SessionRowMark, useSessionRow } from '@caughtup/react-ui'
import type { ActivityRow } from '@caughtup/schema'
import { Pencil, Trash2, TriangleAlert } from 'lucide-react'
import { useState } from 'react'

import { useClient } from '../client/client-context.tsx'
import { shortAge } from '../format/time.ts'
import { useNow } from '../hooks/use-now.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { RenameField } from '../ui/rename/rename-field.tsx'
import { useToasts } from '../ui/toasts.tsx'

/** A chat in the list, which can be renamed there. */
export function ListedSession({ onDelete }: { onDelete: (row: ActivityRow) => void }) {
  const { row, title, selected, unread, tabIndex } = useSessionRow()
  const client = useClient()
  const { attempt } = useToasts()
  const [renaming, setRenaming] = useState(false)
  const { sessionId } = row
  const rename = () => setRenaming(true)

  if (renaming) {
    return (
      <SessionRow className="mb-0.5 flex h-14 items-center px-1">
        <RenameField
          title={row.title}
          className="h-9 w-full"
          onDone={(next) => {
            setRenaming(false)
            if (next === undefined) return
            attempt('Renaming the chat', () =>
              client.rpc.sessions.update({ sessionId, title: next }),
            )
          }}
        />
      </SessionRow>
    )
  }
  return (
    <SessionRow
      data-testid="session-row"
      onRename={rename}
      onDelete={() => onDelete(row)}
      className="group relative mb-0.5 h-14 rounded-lg not-data-selected:hover:bg-muted data-selected:bg-accent"
    >
      <SessionRowLink className="block rounded-lg px-3 py-2 -outline-offset-2">
        <span className="flex items-center gap-2">
          <span className={`truncate text-sm ${unread > 0 ? 'font-semibold' : ''}`}>{title}</span>
          <RowMark />
        </span>
        <RowDetails row={row} />
      </SessionRowLink>
      <span
        className={`absolute right-1.5 bottom-1 rounded-lg opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 ${
          selected ? 'bg-accent pointer-coarse:opacity-100' : 'bg-muted'
        }`}
      >
        <IconButton
          icon={Pencil}
          size="small"
          label={`Rename ${title}`}
          tabIndex={tabIndex}
          onClick={rename}
        />
        <IconButton
          icon={Trash2}
          size="small"
          label={`Delete ${title}`}
          tabIndex={tabIndex}
          onClick={() => onDelete(row)}
        />
      </span>
    </SessionRow>
  )
}

/** The mark of a row as a sign, with its words for screen readers. */
function RowMark() {
  const { mark, unread } = useSessionRow()
  if (!mark) return null
  return (
    <span className="ml-auto flex shrink-0 items-center">
      {mark === 'streaming' && (
        <span aria-hidden className="breathe size-2 rounded-full bg-primary" />
      )}
      {mark === 'unread' && (
        <span
          aria-hidden
          className="min-w-5 rounded-full bg-primary px-1.5 text-center text-xs/5 font-medium text-primary-foreground"
        >
          {unread > 99 ? '99+' : unread}
        </span>
      )}
      {mark === 'failed' && <TriangleAlert aria-hidden size={14} className="text-danger" />}
      <SessionRowMark className="sr-only" />
    </span>
  )
}

function RowDetails({ row }: { row: ActivityRow }) {
  const now = useNow(30_000)
  return (
    <span className="flex gap-1.5 truncate text-xs/5 text-muted-foreground">
      {shortAge(row.recency, now)}
      {row.lastModel && <span className="truncate">· {row.lastModel}</span>}
    </span>
  )
}
