import type { PromptPart } from '@caughtup/schema'

import type { ViewError } from '../core/errors.ts'
import { editOf, type PromptInput } from './prompt.ts'

/** A prompt from the moment it is sent until the server has answered, as an outbox keeps it. Plain data. */
export interface KeptPrompt {
  readonly input: PromptInput
  /**
   * - `queued`: not in the session; it can be changed or removed
   * - `sending`: the server may have it, though its answer did not come: repeated with the same content only
   * - `failed`: refused for good, with `error`
   */
  readonly state: 'queued' | 'sending' | 'failed'
  /** Counts the changes. */
  readonly revision: number
  readonly error?: ViewError
}

/** What becomes of a prompt, `undefined` if it is not kept. Unchanged if it returns what it got. */
export type Decision = (kept: KeptPrompt | undefined) => KeptPrompt | undefined

/** A decision that was made. */
export interface Decided {
  readonly before?: KeptPrompt | undefined
  readonly after?: KeptPrompt | undefined
}

/** Keeps a prompt that was sent; again under its id if it failed, or with other content if it waits. */
export function keep(input: PromptInput): Decision {
  return (kept) => (kept?.state === 'sending' ? kept : next(kept, input, 'queued'))
}

/** Takes a prompt to send it, also one that another sender took: that one may be gone. */
export const claim: Decision = (kept) =>
  kept && kept.state !== 'failed' ? next(kept, kept.input, 'sending') : kept

/** The server has refused a claimed prompt for now. Another sender may have claimed it since. */
export function release({ revision }: KeptPrompt): Decision {
  return (kept) => (kept?.revision === revision ? next(kept, kept.input, 'queued') : kept)
}

export function fail(error: ViewError): Decision {
  // `message-gone`: it arrived with an earlier attempt, and was removed from the session since.
  return (kept) =>
    kept && error.data.reason !== 'message-gone'
      ? { ...next(kept, kept.input, 'failed'), error }
      : undefined
}

/** Gives a prompt that is not being sent another content; one that failed stays failed. */
export function edit(content: string | readonly PromptPart[]): Decision {
  return (kept) => {
    if (!kept || kept.state === 'sending') return kept
    const { text: _, parts: __, ...rest } = { text: '', parts: [], ...kept.input }
    return { ...kept, ...next(kept, { ...rest, ...editOf(content) }, kept.state) }
  }
}

export const dismiss: Decision = (kept) => (kept?.state === 'sending' ? kept : undefined)

export const remove: Decision = () => undefined

function next(
  kept: KeptPrompt | undefined,
  input: PromptInput,
  state: KeptPrompt['state'],
): KeptPrompt {
  return { input, state, revision: (kept?.revision ?? 0) + 1 }
}
