import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'

import type { SliceResult } from '../../../src/port/commit.ts'

/** A text as its writer knows it. */
export interface Writing {
  readonly sessionId: string
  readonly messageId: string
  /** Everything that was given to the store. */
  produced: string
  /** What the store had said to be committed. */
  acknowledged: string
}

/** What everybody outside of the stores was told, to be held against what is there in the end. */
export class Ledger {
  /** Entries that a commit's caller or a reader was shown, by session and seq. */
  readonly entries = new Map<string, Map<number, Event>>()
  /** The newest seq that a commit's caller was told, by process and session. */
  readonly #acknowledged = new Map<string, number>()
  readonly writings = new Map<string, Writing>()
  /** The process that executes a run, by run. */
  readonly holders = new Map<string, string>()
  /** Prompts that wait, or waited. */
  readonly prompts: { readonly sessionId: string; readonly runId: string }[] = []

  /** What was known at this moment: a database that is put back to it knows no more either. */
  copy(): Ledger {
    const copy = new Ledger()
    for (const [id, entries] of this.entries) copy.entries.set(id, new Map(entries))
    for (const [key, seq] of this.#acknowledged) copy.#acknowledged.set(key, seq)
    for (const [id, writing] of this.writings) copy.writings.set(id, { ...writing })
    for (const [id, holder] of this.holders) copy.holders.set(id, holder)
    copy.prompts.push(...this.prompts)
    return copy
  }

  /** What a commit's caller is told in a process; whether it was taken. */
  committed(process: string, sessionId: string, result: SliceResult): boolean {
    if (result.refused !== undefined) return false
    for (const event of result.events) this.changed(process, sessionId, event)
    return true
  }

  /** What a caller is told who is given the one event of its change. */
  changed(process: string, sessionId: string, event: Event): void {
    this.shown(sessionId, event)
    const before = this.acknowledged(process, sessionId)
    this.#acknowledged.set(`${process} ${sessionId}`, Math.max(before, event.seq))
  }

  /** What every reading through the process has from now on. */
  acknowledged(process: string, sessionId: string): number {
    return this.#acknowledged.get(`${process} ${sessionId}`) ?? 0
  }

  /** What a reader is shown. Of merged entries nothing is known by itself. */
  shown(sessionId: string, event: Event): void {
    if (event.from !== event.seq) return
    const known = this.entries.get(sessionId) ?? new Map<number, Event>()
    this.entries.set(sessionId, known)
    const before = known.get(event.seq)
    if (before) assertSameEntry(sessionId, before, event)
    else known.set(event.seq, event)
  }
}

/** An entry is what it was, or what an erasure has left of it. */
export function assertSameEntry(sessionId: string, before: Event, now: Event): void {
  if (before === now || before.type === 'redacted' || now.type === 'redacted') return
  assert.deepEqual(
    lasting(now),
    lasting(before),
    `Seq ${now.seq} of ${sessionId} is not what it was: it was used twice.`,
  )
}

/** What no erasure takes from an entry. */
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
