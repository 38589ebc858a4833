import type { SessionView } from '@caughtup/web-client'
import { useSession } from '@caughtup/web-client/react'
import { type ComponentPropsWithoutRef, type ReactNode, type RefObject, useRef } from 'react'

import { useTexts } from '../ui/ui-provider.tsx'
import { PromptContext, type WaitingPromptState } from './prompt-context.ts'
import { PromptEditor } from './prompt-editor.tsx'
import {
  PromptContent,
  PromptEdit,
  PromptRemove,
  PromptRetry,
  PromptStatus,
  PromptSteer,
} from './prompt-parts.tsx'
import { useKeptFocus } from './use-kept-focus.ts'
import { usePromptState } from './use-prompt-state.ts'
import { inOutbox, inQueue, type WaitingPlace } from './waiting/waiting-place.ts'
import { fromOutbox, fromQueue, type WaitingPrompt } from './waiting/waiting-prompt.ts'

export interface PromptQueueProps extends ComponentPropsWithoutRef<'ul'> {
  session: SessionView
  /**
   * When prompts that the server does not have yet are in the list, after those that it has: during an answer only,
   * as a message list shows them otherwise, or always.
   *
   * @default during-answers
   */
  pending?: 'during-answers' | 'always'
  /** Draws what waits, inside of its `<li>`. @default all its parts */
  renderPrompt?: (prompt: WaitingPromptState) => ReactNode
}

/**
 * A list of what waits for the active run to end: prompts, which can be edited, offered to the answer that is
 * being written and removed, and changes of the context. Nothing while nothing waits. Each `<li>` has `data-kind`
 * and `data-state` of its `WaitingPrompt`.
 */
export function PromptQueue({
  session,
  pending: when = 'during-answers',
  renderPrompt = renderDefault,
  ...props
}: PromptQueueProps) {
  const texts = useTexts().prompts
  const originRef = useRef<HTMLElement>(null)
  const { queue, pending, streaming } = useSession(session, (snapshot) => ({
    queue: snapshot.queue,
    pending: snapshot.pending,
    streaming: snapshot.streaming,
  }))
  const unsent = streaming || when === 'always' ? pending : []
  const waiting = [
    ...queue.map((run) => ({ prompt: fromQueue(run), place: inQueue(session, run) })),
    ...unsent.map((one) => ({ prompt: fromOutbox(one), place: inOutbox(session, one.messageId) })),
  ]
  if (waiting.length === 0) return null
  return (
    <ul aria-label={texts.queue} {...props}>
      {waiting.map(({ prompt, place }) => (
        <Entry key={prompt.id} {...{ prompt, place, originRef, renderPrompt }} />
      ))}
    </ul>
  )
}

interface EntryProps {
  prompt: WaitingPrompt
  place: WaitingPlace
  originRef: RefObject<HTMLElement | null>
  renderPrompt: (prompt: WaitingPromptState) => ReactNode
}

function Entry({ prompt, place, originRef, renderPrompt }: EntryProps) {
  const state = usePromptState(prompt, place)
  const root = useRef<HTMLLIElement>(null)
  const focus = useKeptFocus(root, originRef)
  return (
    <PromptContext.Provider value={state}>
      <li ref={root} data-kind={prompt.kind} data-state={prompt.state} {...focus}>
        {renderPrompt(state)}
      </li>
    </PromptContext.Provider>
  )
}

function renderDefault(): ReactNode {
  return (
    <>
      <PromptEditor />
      <PromptContent />
      <PromptStatus />
      <PromptSteer />
      <PromptRetry />
      <PromptEdit />
      <PromptRemove />
    </>
  )
}
