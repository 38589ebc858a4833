import type { ChatFrameOf } from '@caughtup/schema'
import { presenceName } from '@caughtup/schema/protocol'

import type { SentFrame } from './sent-frame.ts'

export type SentTransient = SentFrame<ChatFrameOf<'transient'>>

/** Some members typing, an agent's progress, and who is there: more names at once are rare. */
const most = 32

/**
 * Transients for a client that does not keep up: the newest of each name and sender, at most 32. Beyond
 * that the oldest goes, but for who is watching, which may stay the same for long.
 */
export class HeldTransients {
  readonly #held = new Map<string, SentTransient>()

  put(sent: SentTransient): void {
    const { name, from } = sent.frame
    const key = JSON.stringify([name, from])
    this.#held.delete(key)
    this.#held.set(key, sent)
    if (this.#held.size > most) this.#dropOldest()
  }

  /** The oldest, which is held no more. */
  take(): SentTransient | undefined {
    for (const [key, sent] of this.#held) {
      this.#held.delete(key)
      return sent
    }
    return undefined
  }

  #dropOldest(): void {
    for (const [key, { frame }] of this.#held) {
      if (frame.name !== presenceName) return void this.#held.delete(key)
    }
  }
}
