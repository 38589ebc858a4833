import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'

import type { SliceResult } from '../storage.ts'

/** A text as its writer knows it. */
export interface Writing {
  sessionId: string
  messageId: string
  /** Everything that was given to the store. */
  produced: string
  /** What the store had said to be committed. */
  acknowledged: string
}

/** A run and the process that executes it. */
export interface RunNote {
  sessionId: string
  runId: string
  process: string
}

/** What everybody outside of the stores was told, to be held against what is there in the end. */
export class Ledger {
  /** Entries that a commit's caller or a reader was shown, by session and seq. */
  readonly entries = new Map<string, Map<number, Event>>()
  readonly writings = new Map<string, Writing>()
  readonly runs = new Map<string, RunNote>()
  /** Prompts that wait, or waited. */
  readonly prompts: { sessionId: string; runId: string }[] = []
  /** Longest time between two beats of a process, in ms. */
  readonly silences = new Map<string, number>()
  /** Messages whose whole was changed by somebody besides their writer. */
  readonly edited = new Set<string>()

  /** The events of a commit, as its caller has them. */
  committed(sessionId: string, result: SliceResult): boolean {
    if (result.refused !== undefined) return false
    for (const event of result.events) this.#note(sessionId, event)
    return true
  }

  /** What a reader was shown. Of merged entries only their last place is known, and that is kept. */
  shown(sessionId: string, event: Event): void {
    if (event.from === event.seq) this.#note(sessionId, event)
  }

  silence(process: string, ms: number): void {
    this.silences.set(process, Math.max(ms, this.silences.get(process) ?? 0))
  }

  #note(sessionId: string, event: Event): void {
    const known = this.entries.get(sessionId) ?? new Map<number, Event>()
    this.entries.set(sessionId, known)
    const before = known.get(event.seq)
    if (!before || before.type === 'redacted') known.set(event.seq, event)
    else if (event.type === 'redacted') known.set(event.seq, event)
    else assertSameEntry(sessionId, before, event)
  }
}

/** An entry is what it was, or what an erasure has left of it. */
export function assertSameEntry(sessionId: string, before: Event, now: Event): void {
  if (now.type === 'redacted') return
  assert.deepEqual(
    { ...now, from: now.seq },
    { ...before, from: before.seq },
    `Seq ${now.seq} of ${sessionId} is not what it was: it was used twice.`,
  )
}
