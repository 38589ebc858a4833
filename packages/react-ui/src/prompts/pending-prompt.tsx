import type { PendingPrompt as Pending, SessionView } from '@caughtup/web-client'
import { type ComponentPropsWithoutRef, useRef } from 'react'

import { PromptContext } from './prompt-context.ts'
import { PromptEditor } from './prompt-editor.tsx'
import {
  PromptContent,
  PromptEdit,
  PromptRemove,
  PromptRetry,
  PromptStatus,
} from './prompt-parts.tsx'
import { useKeptFocus } from './use-kept-focus.ts'
import { usePromptState } from './use-prompt-state.ts'
import { inOutbox } from './waiting/waiting-place.ts'
import { fromOutbox } from './waiting/waiting-prompt.ts'

export interface PendingPromptProps extends Omit<
  ComponentPropsWithoutRef<'div'>,
  'onFocus' | 'onBlur'
> {
  session: SessionView
  /** One of the snapshot's `pending`. */
  prompt: Pending
}

/**
 * A prompt that the server does not have yet, or that it refused, where the messages are: a `<div>` with
 * `data-state` `unsent`, `sending` or `failed`. Until it is sent it can be edited and removed. Without children it
 * has all its parts: `PromptEditor`, `PromptContent`, `PromptStatus`, `PromptRetry`, `PromptEdit` and `PromptRemove`.
 */
export function PendingPrompt({ session, prompt, children, ...props }: PendingPromptProps) {
  const state = usePromptState(fromOutbox(prompt), inOutbox(session, prompt.messageId))
  const root = useRef<HTMLDivElement>(null)
  const originRef = useRef<HTMLElement>(null)
  const focus = useKeptFocus(root, originRef)
  return (
    <PromptContext.Provider value={state}>
      <div data-state={state.state} {...props} ref={root} {...focus}>
        {children ?? (
          <>
            <PromptEditor />
            <PromptContent />
            <PromptStatus />
            <PromptRetry />
            <PromptEdit />
            <PromptRemove />
          </>
        )}
      </div>
    </PromptContext.Provider>
  )
}
