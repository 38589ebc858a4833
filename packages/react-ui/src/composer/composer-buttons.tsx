import type { ComponentPropsWithoutRef } from 'react'

import { useTexts } from '../ui/ui-provider.tsx'
import { useComposer } from './composer-context.ts'

export type ComposerButtonProps = Omit<ComponentPropsWithoutRef<'button'>, 'type'>

/**
 * The form's submit button. It is disabled while there is nothing to send, and while a file is uploading or
 * has failed: `data-waits-for-files`.
 */
export function ComposerSend({ children, ...props }: ComposerButtonProps) {
  const { send, sendHint } = useTexts().composer
  const { canSend, streaming, waitsForFiles } = useComposer()
  const as = streaming ? 'queued' : 'prompt'
  return (
    <button
      aria-label={send}
      title={sendHint(waitsForFiles ? 'waits-for-files' : as)}
      data-waits-for-files={waitsForFiles || undefined}
      {...props}
      type="submit"
      disabled={!canSend || props.disabled}
    >
      {children ?? send}
    </button>
  )
}

/** Offers the prompt to the answer that is being written. Only there while that is possible. */
export function ComposerSteer({ children, ...props }: ComposerButtonProps) {
  const { steer } = useTexts().composer
  const { canSend, streaming, send } = useComposer()
  if (!streaming || !canSend) return null
  return (
    <button
      aria-label={steer}
      title={steer}
      {...props}
      type="button"
      onClick={(event) => {
        props.onClick?.(event)
        if (!event.defaultPrevented) send({ steer: true })
      }}
    >
      {children ?? steer}
    </button>
  )
}

/** Stops the answer. Only there while there is one. */
export function ComposerStop({ children, ...props }: ComposerButtonProps) {
  const { stop: label, stopHint } = useTexts().composer
  const { stop, focus } = useComposer()
  if (!stop) return null
  return (
    <button
      title={stopHint}
      {...props}
      type="button"
      onClick={(event) => {
        props.onClick?.(event)
        if (event.defaultPrevented) return
        stop()
        // It goes with the answer.
        focus()
      }}
    >
      {children ?? label}
    </button>
  )
}
