import { asChatError, type ChatClientError } from '@caughtup/web-client'
import { createContext, type ReactNode, useCallback, useContext, useMemo } from 'react'

import { englishTexts, type TextChanges, type Texts, withTexts } from '../texts/texts.ts'

/** What a person wanted to do with a component, when it failed. */
export type UiAction =
  | 'respond'
  | 'choose-version'
  | 'sign-in'
  | 'send'
  | 'stop'
  | 'edit-prompt'
  | 'remove-prompt'
  | 'steer'

/** A call that a component made for a person, and that failed. */
export interface UiFailure {
  action: UiAction
  error: ChatClientError
}

export interface UiProviderProps {
  /** Other words than the English ones. */
  texts?: TextChanges
  /**
   * Told of each call that failed, so that the page can say so.
   *
   * @default `reportError`: the failure is an uncaught error of the page
   */
  onError?: (failure: UiFailure) => void
  children: ReactNode
}

interface Ui {
  texts: Texts
  onError: (failure: UiFailure) => void
}

const UiContext = createContext<Ui>({
  texts: englishTexts,
  onError: ({ error }) => reportError(error),
})

/** What all components below it share. Without it they speak English. */
export function UiProvider({ texts, onError, children }: UiProviderProps) {
  const outer = useContext(UiContext)
  const ui = useMemo(
    () => ({
      texts: texts ? withTexts(texts) : outer.texts,
      onError: onError ?? outer.onError,
    }),
    [texts, onError, outer],
  )
  return <UiContext.Provider value={ui}>{children}</UiContext.Provider>
}

/** The words of the components. */
export function useTexts(): Texts {
  return useContext(UiContext).texts
}

/** Makes a call for a person; one that fails is told to the provider's `onError`. */
export function useAttempt(): (action: UiAction, call: () => Promise<unknown>) => Promise<void> {
  const { onError } = useContext(UiContext)
  return useCallback(
    async (action, call) => {
      try {
        await call()
      } catch (error) {
        onError({ action, error: asChatError(error) })
      }
    },
    [onError],
  )
}
