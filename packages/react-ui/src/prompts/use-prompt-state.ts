import { useId, useState } from 'react'

import { type UiAction, useAttempt } from '../ui/ui-provider.tsx'
import type { WaitingPromptState } from './prompt-context.ts'
import type { WaitingPlace } from './waiting/waiting-place.ts'
import { canDo, type WaitingPrompt } from './waiting/waiting-prompt.ts'

/** What the parts of a prompt that waits share. */
export function usePromptState(prompt: WaitingPrompt, place: WaitingPlace): WaitingPromptState {
  const attempt = useAttempt()
  const textId = useId()
  const [wantsEdit, setWantsEdit] = useState(false)
  const canEdit = canDo(prompt, 'edit')
  const { retry, steer } = place
  const calls = (action: UiAction, call: () => Promise<unknown>) => () => void attempt(action, call)
  return {
    ...prompt,
    textId,
    editing: wantsEdit && canEdit,
    endEdit(parts) {
      setWantsEdit(false)
      if (parts) void attempt('edit-prompt', () => place.edit(parts))
    },
    ...(canEdit && { edit: () => setWantsEdit(true) }),
    ...(canDo(prompt, 'remove') && { remove: calls('remove-prompt', place.remove) }),
    ...(steer && canDo(prompt, 'steer') && { steer: calls('steer', steer) }),
    ...(retry && canDo(prompt, 'retry') && { retry: calls('send', retry) }),
  }
}
