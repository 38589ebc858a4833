import type { ActivityRow } from '@caughtup/schema'
import { Pencil, Trash2, TriangleAlert } from 'lucide-react'
import { type KeyboardEvent, memo } from 'react'

import { sessionTitle } from '../format/session-title.ts'
import { shortAge } from '../format/time.ts'
import { useNow } from '../hooks/use-now.ts'
import { sessionHref } from '../hooks/use-route.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { RenameField } from '../ui/rename/rename-field.tsx'
import { useRenaming } from '../ui/rename/use-renaming.ts'

interface SessionRowProps {
  row: ActivityRow
  selected: boolean
  /** Whether it is being read, so that nothing in it counts as unread. */
  onScreen: boolean
  tabbable: boolean
  /** Its place in the list, from 1, and the length of the list: only a part of it is in the page. */
  position: number
  total: number
  onChosen: () => void
  onRename: (sessionId: string, title: string) => void
  onDelete: (sessionId: string) => void
}

/** Memoised by the row's identity, which the view keeps until the row changes. */
export const SessionRow = memo(function SessionRow({
  row,
  selected,
  onScreen,
  tabbable,
  position,
  total,
  onChosen,
  onRename,
  onDelete,
}: SessionRowProps) {
  const { renaming, trigger, start, done } = useRenaming<HTMLAnchorElement>()
  const title = sessionTitle(row)
  const unread = onScreen ? 0 : row.unread
  const tabIndex = tabbable ? 0 : -1

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'F2') start()
    if (event.key === 'Delete') onDelete(row.sessionId)
  }

  if (renaming) {
    return (
      <li className="mb-0.5 flex h-14 items-center px-1">
        <RenameField
          title={row.title}
          className="h-9 w-full"
          onDone={(next, byKey) => {
            done(byKey)
            if (next) onRename(row.sessionId, next)
          }}
        />
      </li>
    )
  }
  return (
    <li
      data-testid="session-row"
      aria-posinset={position}
      aria-setsize={total}
      data-session-id={row.sessionId}
      data-streaming={row.streaming}
      data-unread={unread}
      className={`group relative mb-0.5 h-14 rounded-lg ${
        selected ? 'bg-accent' : 'hover:bg-muted'
      }`}
    >
      <a
        ref={trigger}
        href={sessionHref(row.sessionId)}
        aria-current={selected ? 'page' : undefined}
        tabIndex={tabIndex}
        onClick={onChosen}
        onKeyDown={onKeyDown}
        className="block rounded-lg px-3 py-2 -outline-offset-2"
      >
        <span className="flex items-center gap-2">
          <span className={`truncate text-sm ${unread > 0 ? 'font-semibold' : ''}`}>{title}</span>
          <RowMark row={row} unread={unread} />
        </span>
        <RowDetails row={row} />
      </a>
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
          onClick={start}
        />
        <IconButton
          icon={Trash2}
          size="small"
          label={`Delete ${title}`}
          tabIndex={tabIndex}
          onClick={() => onDelete(row.sessionId)}
        />
      </span>
    </li>
  )
})

/** The most important fact about a session now. */
function RowMark({ row, unread }: { row: ActivityRow; unread: number }) {
  if (row.streaming) {
    return (
      <span className="ml-auto flex shrink-0 items-center">
        <span aria-hidden className="breathe size-2 rounded-full bg-primary" />
        <span className="sr-only">answering now</span>
      </span>
    )
  }
  if (unread > 0) {
    return (
      <span className="ml-auto min-w-5 shrink-0 rounded-full bg-primary px-1.5 text-center text-xs/5 font-medium text-primary-foreground">
        {unread > 99 ? '99+' : unread}
        <span className="sr-only"> unread</span>
      </span>
    )
  }
  if (row.lastError) {
    return (
      <span className="ml-auto shrink-0 text-danger" title={row.lastError.message}>
        <TriangleAlert aria-hidden size={14} />
        <span className="sr-only">last answer failed</span>
      </span>
    )
  }
  return null
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
