import type { ActivityRow } from '@caughtup/schema'
import type { ChatClient } from '@caughtup/web-client'
import { createContext, type MouseEvent, type RefObject, useContext } from 'react'

import type { FoundMessages } from './use-search.ts'

/** What a link of the list leads to: a session, or one of its messages. */
export interface SessionTarget {
  sessionId: string
  messageId?: string
}

/** What the parts of a `SessionList` share. */
export interface SessionListState {
  client: ChatClient
  selectedId: string | undefined
  /** All sessions, newest first. */
  all: readonly ActivityRow[]
  /** Those whose title has what is searched for. */
  rows: readonly ActivityRow[]
  /** What is in the search field. */
  text: string
  setText: (text: string) => void
  /** What is searched for: a moment behind the field. */
  wanted: string
  found: FoundMessages
  titleOf: (row: ActivityRow) => string
  href: ((target: SessionTarget) => string) | undefined
  onSelect: ((target: SessionTarget, event: MouseEvent) => void) | undefined
  /** @internal */
  scroller: RefObject<HTMLElement | null>
}

export const SessionListContext = createContext<SessionListState | undefined>(undefined)

/** In a `SessionList`: its rows, and what is searched for. */
export function useSessionList(): SessionListState {
  const list = useContext(SessionListContext)
  if (!list) throw new Error('This part has to be in a SessionList.')
  return list
}
