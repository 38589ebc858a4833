import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'

import type { SliceResult } from '../../../src/port/commit.ts'

/** A text as its writer knows it. */
export interface Writing {
  readonly sessionId: string
  readonly messageId: string
  /** All text that was given to the store. */
  produced: string
  /** The acknowledged text. */
  acknowledged: string
}

/** Everything that the stores told anybody, to be compared with the final state. */
export class Ledger {
  /** Entries that a caller or a reader got, by session and seq. */
  readonly entries = new Map<string, Map<number, Event>>()
  /** The newest seq that a caller got, by process and session. */
  readonly #acknowledged = new Map<string, number>()
  readonly writings = new Map<string, Writing>()
  /** The process that executes a run, by run. */
  readonly holders = new Map<string, string>()
  /** Prompts that are or were queued. */
  readonly prompts: { readonly sessionId: string; readonly runId: string }[] = []

  /** A copy of the ledger, for a database that is restored to this moment. */
  copy(): Ledger {
    const copy = new Ledger()
    for (const [id, entries] of this.entries) copy.entries.set(id, new Map(entries))
    for (const [key, seq] of this.#acknowledged) copy.#acknowledged.set(key, seq)
    for (const [id, writing] of this.writings) copy.writings.set(id, { ...writing })
    for (const [id, holder] of this.holders) copy.holders.set(id, holder)
    copy.prompts.push(...this.prompts)
    return copy
  }

  /** Adds a commit's result in a process. Returns whether it was accepted. */
  committed(process: string, sessionId: string, result: SliceResult): boolean {
    if (result.refused !== undefined) return false
    for (const event of result.events) this.changed(process, sessionId, event)
    return true
  }

  /** Adds the event that a change returned. */
  changed(process: string, sessionId: string, event: Event): void {
    this.shown(sessionId, event)
    const before = this.acknowledged(process, sessionId)
    this.#acknowledged.set(`${process} ${sessionId}`, Math.max(before, event.seq))
  }

  /** The least seq that every later read through the process must include. */
  acknowledged(process: string, sessionId: string): number {
    return this.#acknowledged.get(`${process} ${sessionId}`) ?? 0
  }

  /** Adds an entry that a reader got; merged entries say nothing about single ones. */
  shown(sessionId: string, event: Event): void {
    if (event.from !== event.seq) return
    const known = this.entries.get(sessionId) ?? new Map<number, Event>()
    this.entries.set(sessionId, known)
    const before = known.get(event.seq)
    if (before) assertSameEntry(sessionId, before, event)
    else known.set(event.seq, event)
  }
}

/** Whether an entry is unchanged, except for an erasure. */
export function assertSameEntry(sessionId: string, before: Event, now: Event): void {
  if (before === now || before.type === 'redacted' || now.type === 'redacted') return
  assert.deepEqual(
    lasting(now),
    lasting(before),
    `Seq ${now.seq} of ${sessionId} is not what it was: it was used twice.`,
  )
}

/** The members of an entry that erasures keep. */
function lasting(event: Event): unknown {
  switch (event.type) {
    case 'boundary': {
      const { summary: _, ...rest } = event
      return rest
    }
    case 'history-restored': {
      const { messages: _, ...rest } = event
      return rest
    }
    case 'queue-changed': {
      const { add, replace, ...rest } = event
      return { ...rest, runId: add?.runId ?? replace?.runId ?? rest.remove }
    }
    case 'message-created':
    case 'message-delta':
    case 'message-finished':
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'usage':
    case 'message-replaced':
    case 'message-deleted':
    case 'history-truncated':
    case 'imported':
    case 'forked':
    case 'message-erased':
    case 'redacted':
    case 'unreadable':
      return event
  }
}
