import { type ButtonHTMLAttributes, type HTMLAttributes, useRef } from 'react'

import { useTexts } from '../../ui/ui-provider.tsx'
import { useMessageListInside } from './message-list-context.ts'
import { useFocusPassedOn } from '../scroll/use-focus-passed-on.ts'

/**
 * Above the first message: why older ones could not be loaded, a button for them, or that the chat begins
 * here. Without children it has `<OlderFailed>`, `<LoadOlder>` and `<HistoryStart>`, each of which is there
 * only when it applies. Nothing while there are no messages.
 */
export function HistoryTop({ children, ...attributes }: HTMLAttributes<HTMLDivElement>) {
  const { state } = useMessageListInside()
  if (state.status !== 'filled') return null
  return (
    <div {...attributes}>
      {children ?? (
        <>
          <OlderFailed />
          <LoadOlder />
          <HistoryStart />
        </>
      )}
    </div>
  )
}

/** Why older messages could not be loaded, as an alert. */
export function OlderFailed({ children, ...attributes }: HTMLAttributes<HTMLParagraphElement>) {
  const { olderFailed } = useTexts().messages
  const { olderError, loadingOlder } = useMessageListInside().state
  if (!olderError || loadingOlder) return null
  return (
    <p role="alert" {...attributes}>
      {children ?? olderFailed(olderError)}
    </p>
  )
}

/**
 * A button that loads older messages, while there are any. It keeps the focus while they come
 * (`aria-disabled`, `data-loading`), and what scrolls gets it when none are left.
 */
export function LoadOlder(attributes: ButtonHTMLAttributes<HTMLButtonElement>) {
  return useMessageListInside().state.hasOlder ? <LoadOlderButton {...attributes} /> : null
}

function LoadOlderButton({
  children,
  onClick,
  ...attributes
}: ButtonHTMLAttributes<HTMLButtonElement>) {
  const { loadOlder: usual, loadOlderAgain, loadingOlder: loading } = useTexts().messages
  const { state, window } = useMessageListInside()
  const button = useRef<HTMLButtonElement>(null)
  useFocusPassedOn(button, window.scroller)
  const idle = state.olderError ? loadOlderAgain : usual
  return (
    <button
      ref={button}
      type="button"
      aria-disabled={state.loadingOlder || undefined}
      data-loading={state.loadingOlder || undefined}
      onClick={(event) => {
        onClick?.(event)
        if (!state.loadingOlder) state.loadOlder()
      }}
      {...attributes}
    >
      {children ?? (state.loadingOlder ? loading : idle)}
    </button>
  )
}

/** Says that the chat begins here, once no older messages are left. */
export function HistoryStart({ children, ...attributes }: HTMLAttributes<HTMLParagraphElement>) {
  const { historyStart } = useTexts().messages
  if (useMessageListInside().state.hasOlder) return null
  return <p {...attributes}>{children ?? historyStart}</p>
}
