import type { ActivityRow } from '@caughtup/schema'
import {
  type ComponentProps,
  type CSSProperties,
  memo,
  type ReactNode,
  useMemo,
  useRef,
} from 'react'

import { usePageVisible } from '../ui/use-page-visible.ts'
import { useSessionList } from './session-list-context.ts'
import { SessionRow } from './session-row.tsx'
import { SessionRowContext, type SessionRowState } from './session-row-context.ts'
import { useListWindow } from './use-list-window.ts'
import { useRovingFocus } from './use-roving-focus.ts'

export interface SessionListRowsProps extends Omit<ComponentProps<'ul'>, 'ref' | 'children'> {
  /** Draws a row, as a `SessionRow` with what belongs into it. @default `() => <SessionRow />` */
  renderRow?: (row: ActivityRow) => ReactNode
  /** The distance from one row to the next, in px; all rows have the same. @default measured */
  rowHeight?: number
}

/** Of a `SessionList`: the rows, in a `<ul>` that is as high as all of them. */
export function SessionListRows({ renderRow, rowHeight, style, ...props }: SessionListRowsProps) {
  const { rows, selectedId, titleOf, scroller } = useSessionList()
  const isVisible = usePageVisible(true)
  const list = useRef<HTMLUListElement>(null)
  const ids = useMemo(() => rows.map(({ sessionId }) => sessionId), [rows])
  const window = useListWindow({ scroller, list, count: rows.length, rowHeight })
  const { focusedId, listProps } = useRovingFocus({ list, ids, show: window.show })
  const { start, end, rowHeight: height = 0 } = window

  const focused = focusedId === undefined ? -1 : ids.indexOf(focusedId)
  const current = ids.indexOf(selectedId ?? '')
  const isDrawn = current >= start && current < end
  const tabbable = focused >= 0 ? focused : isDrawn ? current : start
  // The row that has the focus stays in the page when the list is scrolled away from it.
  const drawn = rows.slice(start, end).map((_, offset) => start + offset)
  if (focused >= 0 && focused < start) drawn.unshift(focused)
  if (focused >= end) drawn.push(focused)
  const slots = drawn.flatMap((index) => {
    const row = rows[index]
    if (!row) return []
    const selected = row.sessionId === selectedId
    return (
      <RowSlot
        key={row.sessionId}
        row={row}
        title={titleOf(row)}
        selected={selected}
        isRead={selected && isVisible}
        tabIndex={index === tabbable ? 0 : -1}
        position={index + 1}
        total={rows.length}
        apart={index < start || index >= end ? index * height : undefined}
        renderRow={renderRow}
      />
    )
  })
  const spaces: CSSProperties = {
    position: 'relative',
    paddingTop: start * height,
    paddingBottom: Math.max(0, rows.length - end) * height,
  }
  return (
    <ul ref={list} {...listProps} style={{ ...style, ...spaces }} {...props}>
      {slots}
    </ul>
  )
}

interface RowSlotProps extends Pick<SessionRowState, 'row' | 'title' | 'selected' | 'tabIndex'> {
  isRead: boolean
  position: number
  total: number
  /** Where it is, in px, if that is not where the list flows. */
  apart: number | undefined
  renderRow: ((row: ActivityRow) => ReactNode) | undefined
}

/** Memoised by the row's identity, which the view keeps until the row changes. */
const RowSlot = memo(function RowSlot({
  row,
  title,
  selected,
  isRead,
  tabIndex,
  position,
  total,
  apart,
  renderRow,
}: RowSlotProps) {
  const placed = useMemo(() => {
    const unread = isRead ? 0 : row.unread
    const style: CSSProperties | undefined =
      apart === undefined ? undefined : { position: 'absolute', insetInline: 0, top: apart }
    return {
      row,
      title,
      selected,
      unread,
      mark: markOf(row, unread),
      tabIndex,
      position,
      total,
      style,
    }
  }, [row, title, selected, isRead, tabIndex, position, total, apart])
  return (
    <SessionRowContext.Provider value={placed}>
      {renderRow ? renderRow(row) : <SessionRow />}
    </SessionRowContext.Provider>
  )
})

function markOf(row: ActivityRow, unread: number): SessionRowState['mark'] {
  if (row.streaming) return 'streaming'
  if (unread > 0) return 'unread'
  return row.lastError && 'failed'
}
