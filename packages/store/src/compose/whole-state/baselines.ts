import type { Message } from '@caughtup/schema'
import { changesAny, messagesOf } from '@caughtup/schema/event'

import type { MessageState } from './message-diff.ts'
import type { MessageSize } from '../message-size.ts'
import type { MessageSource } from '../../commit/message-source.ts'
import type { Slice } from '../../port/commit.ts'

/** An open message as it was last accepted; the next state is compared with it. */
export interface Baseline extends MessageState {
  source: MessageSource
  readonly role: Message['role']
  size: MessageSize
}

/** A message that is being read, to become a baseline. */
interface Reading extends Disposable {
  readonly messageId: string
  /** Whether a change was accepted during the reading, which may lack it. */
  overtaken: boolean
}

/** Bytes that a kept message costs besides its parts, about. */
const overhead = 500

/**
 * The open messages that are updated by whole states. Beyond the bound, the least recently used
 * ones are dropped, and read from the database when they are needed again.
 */
export class Baselines {
  readonly #mostBytes: number
  /** By session and message, with the bytes that each counts for; the least recently used first. */
  readonly #kept = new Map<string, { baseline: Baseline; bytes: number }>()
  #bytes = 0
  /** The message being read, by session: one at a time. */
  readonly #readings = new Map<string, Reading>()

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  get(sessionId: string, messageId: string): Baseline | undefined {
    return this.#kept.get(keyOf(sessionId, messageId))?.baseline
  }

  /** Keeps it as the most recently used, and counts its current size. */
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

  /** Watches a message while it is read: a reading that misses a change is not kept. */
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

  /** Drops baselines that another writer than `source` has invalidated. */
  overtake({ sessionId, drafts }: Slice, source: MessageSource | undefined): void {
    if (this.#kept.size === 0 && this.#readings.size === 0) return
    const reading = this.#readings.get(sessionId)
    for (const draft of drafts) {
      // Another process may resume a run that waits.
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

/** Ids contain no blanks. */
function keyOf(sessionId: string, messageId: string): string {
  return `${sessionId} ${messageId}`
}
