import type { ComponentProps } from 'react'

import { useTexts } from '../ui/ui-provider.tsx'
import { useSessionList } from './session-list-context.ts'
import { SessionListNotice } from './session-list-notice.tsx'
import { SessionListRows } from './session-list-rows.tsx'
import { SessionListHits } from './session-list-search.tsx'

/**
 * Of a `SessionList`: the `<nav>` that scrolls, around `SessionListRows`, `SessionListNotice` and
 * `SessionListHits`. Without a height of its own it does not scroll, and all rows are in the page.
 */
export function SessionListScroller({
  style,
  children,
  ...props
}: Omit<ComponentProps<'nav'>, 'ref'>) {
  const { scroller } = useSessionList()
  const { list } = useTexts().sessions
  return (
    // Scrolling is not to anchor: the rows above are replaced by a space of their height.
    <nav
      ref={scroller}
      aria-label={list}
      style={{ overflowY: 'auto', overflowAnchor: 'none', ...style }}
      {...props}
    >
      {children ?? (
        <>
          <SessionListRows />
          <SessionListNotice />
          <SessionListHits />
        </>
      )}
    </nav>
  )
}
