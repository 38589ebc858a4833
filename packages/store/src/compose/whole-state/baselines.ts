import type { Message } from '@caughtup/schema'
import { changesAny, messagesOf } from '@caughtup/schema/event'

import type { MessageState } from './message-diff.ts'
import type { MessageSize } from '../message-size.ts'
import type { MessageSource } from '../../commit/message-source.ts'
import type { Slice } from '../../port/commit.ts'

/** An open message in the state that was last accepted: what is new is told from it. */
export interface Baseline extends MessageState {
  source: MessageSource
  readonly role: Message['role']
  size: MessageSize
}

/** A message that is being read, to become a baseline. */
interface Reading extends Disposable {
  readonly messageId: string
  /** Whether something entered meanwhile that may not be in what is read. */
  overtaken: boolean
}

/** What a message that is kept costs besides its parts, about. */
const overhead = 500

/**
 * The open messages that are updated by their states. Beyond its bound those longest unused are
 * forgotten; they are read from the database again.
 */
export class Baselines {
  readonly #mostBytes: number
  /** By session and message, with what each counts for; the one longest unused first. */
  readonly #kept = new Map<string, { baseline: Baseline; bytes: number }>()
  #bytes = 0
  /** By session: the message that is being read, one at a time. */
  readonly #readings = new Map<string, Reading>()

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  get(sessionId: string, messageId: string): Baseline | undefined {
    return this.#kept.get(keyOf(sessionId, messageId))?.baseline
  }

  /** Keeps it as the one used last, with the size that it has now. */
  keep(baseline: Baseline): void {
    const { sessionId, messageId } = baseline.source
    const key = keyOf(sessionId, messageId)
    this.#forget(key)
    const bytes = baseline.size.bytes + overhead
    this.#kept.set(key, { baseline, bytes })
    this.#bytes += bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#mostBytes || oldest === key) return
      this.#forget(oldest)
    }
  }

  forget({ source: { sessionId, messageId } }: Baseline): void {
    this.#forget(keyOf(sessionId, messageId))
  }

  /** Watches a message while it is read: only what nobody overtook is worth keeping. */
  reading(sessionId: string, messageId: string): Reading {
    const reading = {
      messageId,
      overtaken: false,
      [Symbol.dispose]: () => void this.#readings.delete(sessionId),
    }
    this.#readings.set(sessionId, reading)
    return reading
  }

  forgetSession(sessionId: string): void {
    const reading = this.#readings.get(sessionId)
    if (reading) reading.overtaken = true
    for (const { baseline } of this.#kept.values()) {
      if (baseline.source.sessionId === sessionId) this.forget(baseline)
    }
  }

  /** Forgets what `source` or nobody known changes behind a baseline's back. */
  overtake({ sessionId, drafts }: Slice, source: MessageSource | undefined): void {
    if (this.#kept.size === 0 && this.#readings.size === 0) return
    const reading = this.#readings.get(sessionId)
    for (const draft of drafts) {
      // While a run waits, another process may resume it.
      if (changesAny(draft) || draft.type === 'run-changed') this.forgetSession(sessionId)
      else {
        for (const id of messagesOf(draft)) {
          const baseline = this.get(sessionId, id)
          if (baseline && baseline.source !== source) this.forget(baseline)
          if (reading?.messageId === id) reading.overtaken = true
        }
      }
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0
    this.#kept.delete(key)
  }
}

/** Ids are without blanks. */
function keyOf(sessionId: string, messageId: string): string {
  return `${sessionId} ${messageId}`
}
