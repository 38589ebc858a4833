import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'

import type { SliceResult } from '../../../src/port/commit.ts'
import type { OwedHook } from '../../../src/port/owed.ts'

/** A prompt that is or was queued. */
interface QueuedPrompt {
  readonly sessionId: string
  readonly runId: string
  readonly author: string
}

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
  /** The process that executes a run, by the session and the seq of what made it go on there. */
  readonly holders = new Map<string, string>()
  /** The newest attempt at each run that a process was told of. */
  readonly attempts = new Map<string, number>()
  /** Prompts that are or were queued. */
  readonly prompts: QueuedPrompt[] = []
  /** Runs whose queued prompts somebody began to take back. */
  readonly takenBack = new Set<string>()
  /** Acknowledged answers to tool calls, by call. */
  readonly answers = new Map<string, string>()
  /** Hooks that were called, by id. */
  readonly hooks = new Map<string, OwedHook>()

  /** A copy of the ledger, for a database that is restored to this moment. */
  copy(): Ledger {
    const copy = new Ledger()
    for (const [id, entries] of this.entries) copy.entries.set(id, new Map(entries))
    for (const [key, seq] of this.#acknowledged) copy.#acknowledged.set(key, seq)
    for (const [id, writing] of this.writings) copy.writings.set(id, { ...writing })
    for (const [place, holder] of this.holders) copy.holders.set(place, holder)
    for (const [id, attempt] of this.attempts) copy.attempts.set(id, attempt)
    copy.prompts.push(...this.prompts)
    for (const id of this.takenBack) copy.takenBack.add(id)
    for (const [id, answer] of this.answers) copy.answers.set(id, answer)
    for (const [id, hook] of this.hooks) copy.hooks.set(id, hook)
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

  /** A commit in which a process began to execute a run, or an attempt at it. */
  executes(process: string, sessionId: string, { events }: { events: readonly Event[] }): void {
    for (const event of events) {
      const begins = event.type === 'run-started' || event.type === 'run-changed'
      if (begins) this.holders.set(`${sessionId} ${event.seq}`, process)
      if (event.type !== 'run-changed' || event.attempt === undefined) continue
      const before = this.attempts.get(event.runId) ?? 1
      this.attempts.set(event.runId, Math.max(before, event.attempt))
    }
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
