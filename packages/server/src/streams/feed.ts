import type { SentFrame } from './sent-frame.ts'

/** Frames that many streams send alike: one batch of what is followed. */
export interface Step {
  frames: readonly SentFrame<object>[]
  /** The cursor after the frames; absent if more steps follow at once and only the last has one. */
  position: string | undefined
  /** See `FollowOptions` of the store. */
  owed?: number
}

export interface FollowOptions {
  signal: AbortSignal
  /** The `owed` of the newest step, if other readers took the earlier ones. */
  owed?: number | undefined
}

/** What streams follow: a session, or a principal's session list. Equal positions mean equal clients. */
export interface Feed {
  /**
   * Yields what comes after a position, as it comes. `too-far-behind` is the last step: a replay costs
   * less than the rest. Returns when the store closes.
   *
   * @throws the signal's reason; `NOT_FOUND` when what is followed was deleted
   */
  follow(
    position: string,
    options: FollowOptions,
  ): AsyncGenerator<Step | 'too-far-behind', void, undefined>
}

/** How a client is brought up to date, until it has the position that its last frame's id names. */
export type Replay = (
  /** The client's position, if it fell too far behind on this stream. */
  left: string | undefined,
  signal: AbortSignal,
) => AsyncGenerator<SentFrame<object>, unknown, undefined>
