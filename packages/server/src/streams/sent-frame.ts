import type { EndReason } from '@caughtup/schema'

/** A frame as a stream yields it. A client that has read it may resume after `id`, if there is one. */
export interface SentFrame<Frame> {
  frame: Frame
  id?: string
}

export interface Heartbeat {
  type: 'heartbeat'
  /** The server's wall clock, in ms. */
  at: number
}

export interface End {
  type: 'end'
  reason: EndReason
}
