import { type HTMLAttributes, useRef } from 'react'

import { useTexts } from '../../ui/ui-provider.tsx'
import { useBrowserLayoutEffect } from '../../ui/use-browser-layout-effect.ts'
import { useMessageListInside } from './message-list-context.ts'

/**
 * What scrolls: a named `<section>` that the keyboard reaches, around whatever stands above, between and
 * below the messages. The heights of all that may change: the reader's place stays.
 */
export function MessageViewport({
  style,
  children,
  onScroll,
  onPointerDown,
  onWheel,
  onKeyDown,
  ...attributes
}: HTMLAttributes<HTMLElement>) {
  const { transcript } = useTexts().messages
  const { state, window } = useMessageListInside()
  const { scroller, reader, watchSizes } = window
  const content = useRef<HTMLDivElement>(null)
  useBrowserLayoutEffect(() => {
    if (!scroller.current || !content.current) return
    return watchSizes(scroller.current, content.current)
  }, [scroller, watchSizes])
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- told of scrolling
    <section
      ref={scroller}
      aria-label={transcript}
      aria-busy={state.status === 'loading'}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled with the keyboard
      tabIndex={0}
      // The browser's own anchoring would do the same a second time.
      style={{ flex: '1 1 0', minHeight: 0, overflowY: 'auto', overflowAnchor: 'none', ...style }}
      onScroll={(event) => {
        onScroll?.(event)
        reader.onScroll(event)
      }}
      onPointerDown={(event) => {
        onPointerDown?.(event)
        reader.onPointerDown()
      }}
      onWheel={(event) => {
        onWheel?.(event)
        reader.onWheel(event)
      }}
      onKeyDown={(event) => {
        onKeyDown?.(event)
        reader.onKeyDown(event)
      }}
      {...attributes}
    >
      <div ref={content}>{children}</div>
    </section>
  )
}
