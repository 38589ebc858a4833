import { type ButtonHTMLAttributes, useRef } from 'react'

import { useTexts } from '../../ui/ui-provider.tsx'
import { useMessageListInside } from './message-list-context.ts'
import { useFocusPassedOn } from '../scroll/use-focus-passed-on.ts'

/**
 * A button that brings the reader to the newest message, there while they are elsewhere. `data-streaming`
 * says that an answer streams there. What scrolls gets the focus when it goes.
 */
export function JumpToLatest(attributes: ButtonHTMLAttributes<HTMLButtonElement>) {
  const { following, status } = useMessageListInside().state
  return following || status === 'loading' ? null : <JumpButton {...attributes} />
}

function JumpButton({ children, onClick, ...attributes }: ButtonHTMLAttributes<HTMLButtonElement>) {
  const { jumpToLatest } = useTexts().messages
  const { state, window } = useMessageListInside()
  const button = useRef<HTMLButtonElement>(null)
  useFocusPassedOn(button, window.scroller)
  return (
    <button
      ref={button}
      type="button"
      data-streaming={state.streaming || undefined}
      onClick={(event) => {
        onClick?.(event)
        state.jumpToLatest()
      }}
      {...attributes}
    >
      {children ?? jumpToLatest}
    </button>
  )
}
