import type { PromptPart } from '@caughtup/schema'
import { createContext, useContext } from 'react'

import type { WaitingPrompt } from './waiting/waiting-prompt.ts'

/** A prompt that waits, and what can be done with it. */
export interface WaitingPromptState extends WaitingPrompt {
  /** Of the element that shows what it is: it describes the buttons. */
  textId: string
  /** Whether its text is shown in a field. */
  editing: boolean
  /** Begins to edit it; absent if that is not possible, like the other actions. */
  edit?: () => void
  /** Ends that, with the new content or without one. */
  endEdit: (parts?: readonly PromptPart[]) => void
  /** Offers it to the answer that is being written. */
  steer?: () => void
  /** Sends it again. */
  retry?: () => void
  /** Takes it back. */
  remove?: () => void
}

export const PromptContext = createContext<WaitingPromptState | undefined>(undefined)

/** For parts of your own: the prompt of the `PromptQueue` or `PendingPrompt` around them. Throws if there is none. */
export function useWaitingPrompt(): WaitingPromptState {
  const prompt = useContext(PromptContext)
  if (!prompt)
    throw new Error('useWaitingPrompt needs a <PromptQueue> or <PendingPrompt> around it')
  return prompt
}
