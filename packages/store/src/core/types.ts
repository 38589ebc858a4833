import type { Message } from '@caughtup/schema'

import type { Used } from './epoch-ledgers.ts'
import type { SessionRecord } from './evolve.ts'

/** A session as a commit finds it. */
export interface SessionState {
  readonly record: SessionRecord
  /** Messages that are newer than their rows, by id: every open one among them. */
  readonly overlay: ReadonlyMap<string, Message>
}

/** What a commit does to rows; messages of the overlay are written when the session is packed. */
export type RowChange =
  | { change: 'remove'; messageIds: readonly string[] }
  | { change: 'truncate'; after: number }
  /** What is shown after an order becomes a hidden stretch of that id. */
  | { change: 'hide'; after: number; stretch: number }
  | { change: 'show'; stretch: number }
  /** Hidden stretches are removed. */
  | { change: 'forget'; stretches: readonly number[] }
  /** Stretches that began after one order begin after another one. */
  | { change: 'reanchor'; from: number; to: number }
  | { change: 'insert'; messages: readonly Message[] }
  | { change: 'replace'; message: Message }
  | { change: 'erase'; messageIds: readonly string[] }
  | { change: 'count-child'; child: string }
  /** An epoch ends, after which the session has used this in all. */
  | { change: 'end-epoch'; epoch: number; used: Used }
  | { change: 'count-imported'; identity: string; count: number }
  | { change: 'mark-read'; principal: string; upTo: number }
