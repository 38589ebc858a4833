import {
  type ComponentProps,
  createContext,
  type KeyboardEvent,
  type ReactNode,
  useContext,
} from 'react'

import { useTexts } from '../ui/ui-provider.tsx'
import { SessionAnchor, type SessionAnchorProps } from './session-anchor.tsx'
import { usePlacedRow } from './session-row-context.ts'

interface RowKeys {
  onRename?: (() => void) | undefined
  onDelete?: (() => void) | undefined
}

const RowKeysContext = createContext<RowKeys>({})

export interface SessionRowProps extends Omit<ComponentProps<'li'>, 'ref'>, RowKeys {
  /** Called by F2 on the row's link. The field to rename it in may take the link's place. */
  onRename?: (() => void) | undefined
  /** Called by Delete on the row's link. */
  onDelete?: (() => void) | undefined
  /** @default a `<SessionRowLink />` */
  children?: ReactNode
}

/**
 * A row of a `SessionList`: an `<li>` with `data-session-id`, `data-selected`, `data-streaming`,
 * `data-unread` (their number) and `data-failed`. When what has the focus in it goes, its link gets it.
 */
export function SessionRow({ onRename, onDelete, style, children, ...props }: SessionRowProps) {
  const { row, selected, unread, position, total, style: placed } = usePlacedRow()
  return (
    <li
      aria-posinset={position}
      aria-setsize={total}
      data-session-id={row.sessionId}
      data-selected={selected || undefined}
      data-streaming={row.streaming}
      data-unread={unread}
      data-failed={row.lastError ? true : undefined}
      data-apart={placed ? true : undefined}
      style={{ ...style, ...placed }}
      {...props}
    >
      <RowKeysContext.Provider value={{ onRename, onDelete }}>
        {children ?? <SessionRowLink />}
      </RowKeysContext.Provider>
    </li>
  )
}

/** Of a `SessionRow`: leads to the session. It shows the title and the mark, or its children. */
export function SessionRowLink({ children, ...props }: SessionAnchorProps) {
  const { row, selected, title, tabIndex } = usePlacedRow()
  const { onRename, onDelete } = useContext(RowKeysContext)
  const keys: Partial<Record<string, (() => void) | undefined>> = { F2: onRename, Delete: onDelete }
  const offered = Object.entries(keys).flatMap(([key, call]) => (call ? [key] : []))
  return (
    <SessionAnchor
      to={{ sessionId: row.sessionId }}
      data-session-link=""
      aria-current={selected ? 'page' : undefined}
      aria-keyshortcuts={offered.join(' ') || undefined}
      tabIndex={tabIndex}
      onKeyDown={(event: KeyboardEvent) => {
        const call = keys[event.key]
        if (!call) return
        event.preventDefault()
        call()
      }}
      {...props}
    >
      {children ?? (
        <>
          <span>{title}</span> <SessionRowMark />
        </>
      )}
    </SessionAnchor>
  )
}

/** Of a `SessionRow`: its mark in words, in a `<span data-mark>`; nothing where there is none. */
export function SessionRowMark({ children, ...props }: Omit<ComponentProps<'span'>, 'ref'>) {
  const { mark, row, unread } = usePlacedRow()
  const texts = useTexts().sessions
  if (!mark) return null
  const words = mark === 'unread' ? texts.unread(unread) : texts[mark]
  return (
    <span
      data-mark={mark}
      title={mark === 'failed' ? row.lastError?.message : undefined}
      {...props}
    >
      {children ?? words}
    </span>
  )
}
