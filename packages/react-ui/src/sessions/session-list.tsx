import type { ActivityRow } from '@caughtup/schema'
import type { ChatClient } from '@caughtup/web-client'
import { useActivity } from '@caughtup/web-client/react'
import {
  type ComponentProps,
  type MouseEvent,
  type ReactNode,
  useDeferredValue,
  useMemo,
  useRef,
  useState,
} from 'react'

import { useTexts } from '../ui/ui-provider.tsx'
import {
  SessionListContext,
  type SessionListState,
  type SessionTarget,
} from './session-list-context.ts'
import { SessionListScroller } from './session-list-scroller.tsx'
import { SessionListSearch } from './session-list-search.tsx'
import { useSearch } from './use-search.ts'

export interface SessionListProps extends Omit<ComponentProps<'div'>, 'ref' | 'onSelect'> {
  client: ChatClient
  /** The session on screen. While the page is visible it counts as read. */
  selectedId?: string | undefined
  /** Makes links of the rows and hits. Without it they are buttons, for `onSelect`. */
  href?: (target: SessionTarget) => string
  /** Called when a row or a hit is chosen; not for a link that opens in another tab. */
  onSelect?: (target: SessionTarget, event: MouseEvent) => void
  /** Most messages to find, at most 200. @default 30 */
  mostHits?: number
  /** @default `<SessionListSearch />` and `<SessionListScroller />` */
  children?: ReactNode
}

/**
 * The sessions of the user, live, with a search over titles and messages. Of a long list only the rows near
 * the visible ones are in the page. The list is one stop for Tab; the arrow keys, Home and End go
 * through it.
 */
export function SessionList({
  client,
  selectedId,
  href,
  onSelect,
  mostHits = 30,
  children,
  ...props
}: SessionListProps) {
  const { rows: all } = useActivity(client)
  const { untitled } = useTexts().sessions
  const [text, setText] = useState('')
  const wanted = useDeferredValue(text.trim())
  const found = useSearch(client, text.trim(), mostHits)
  const scroller = useRef<HTMLElement>(null)
  const titleOf = useMemo(() => (row: ActivityRow) => row.title.trim() || untitled, [untitled])
  const rows = useMemo(() => {
    const words = wanted.toLowerCase()
    return words === '' ? all : all.filter((row) => titleOf(row).toLowerCase().includes(words))
  }, [all, wanted, titleOf])
  const list: SessionListState = {
    client,
    selectedId,
    all,
    rows,
    text,
    setText,
    wanted,
    found,
    titleOf,
    href,
    onSelect,
    scroller,
  }
  return (
    <div {...props}>
      <SessionListContext.Provider value={list}>
        {children ?? (
          <>
            <SessionListSearch />
            <SessionListScroller />
          </>
        )}
      </SessionListContext.Provider>
    </div>
  )
}
