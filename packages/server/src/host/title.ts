import type { PromptPart } from '@caughtup/schema'

import type { PrincipalId } from './principal.ts'

/**
 * Names a session. The first line of the text that it returns becomes the title, in place of the first
 * line of the prompt, unless it is blank or somebody renamed the session meanwhile.
 */
export type Title = (context: TitleContext) => string | undefined | Promise<string | undefined>

export interface TitleContext {
  sessionId: string
  /** The first prompt. */
  parts: PromptPart[]
  /** Who sent it: `{ id }` alone, as agents get it. */
  principal: PrincipalId
  /** Aborted after a minute and when the server closes; a title returned after that is dropped. */
  signal: AbortSignal
}
