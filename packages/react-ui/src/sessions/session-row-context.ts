import type { ActivityRow } from '@caughtup/schema'
import { createContext, type CSSProperties, useContext } from 'react'

/** What the list knows of a row. */
export interface SessionRowState {
  row: ActivityRow
  /** Its title, or the word for none. */
  title: string
  selected: boolean
  /** Unread answers; none of the session that is being read. */
  unread: number
  /** The most important fact about the session now. */
  mark: 'streaming' | 'unread' | 'failed' | undefined
  /** For what can be focused in the row: the list is one stop for Tab. */
  tabIndex: 0 | -1
}

/** @internal Where the list puts the row. */
export interface PlacedRow extends SessionRowState {
  /** From 1: only a part of the list is in the page. */
  position: number
  total: number
  /** Of the row that has the focus, apart from those that are near the visible ones. */
  style: CSSProperties | undefined
}

export const SessionRowContext = createContext<PlacedRow | undefined>(undefined)

export function usePlacedRow(): PlacedRow {
  const row = useContext(SessionRowContext)
  if (!row) throw new Error('This part has to be in a row of a SessionList.')
  return row
}

/** In a row of a `SessionList`: what the list knows of it. */
export function useSessionRow(): SessionRowState {
  return usePlacedRow()
}
