import { englishTexts, type TextChanges, type UiAction, UiProvider } from '@caughtup/react-ui'
import type { ReactNode } from 'react'

import { useToasts } from './toasts.tsx'

const texts: TextChanges = {
  composer: {
    attach: 'Attach an image or a PDF',
    refused: (refusal) =>
      refusal.reason === 'type'
        ? `${refusal.filename} is neither an image nor a PDF.`
        : englishTexts.composer.refused(refusal),
  },
  connection: { leave: 'Start a new chat' },
}

const actions: Record<UiAction, string> = {
  respond: 'Answering',
  'choose-version': 'Showing another version',
  'sign-in': 'Signing in',
  send: 'Sending',
  stop: 'Stopping',
  'edit-prompt': 'Editing the prompt',
  'remove-prompt': 'Cancelling the prompt',
  steer: 'Offering the prompt',
}

/** The words of the components, and toasts for what fails in them. */
export function ComponentsProvider({ children }: { children: ReactNode }) {
  const { attempt } = useToasts()
  return (
    <UiProvider
      texts={texts}
      onError={({ action, error }) => attempt(actions[action], () => Promise.reject(error))}
    >
      {children}
    </UiProvider>
  )
}
