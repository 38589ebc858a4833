import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'
import type { Random } from '@caughtup/schema/testing'

import type { Storage } from '../../src/port/storage.ts'
import {
  delta,
  finished,
  opened,
  prompt,
  runStarted,
} from '../../src/conformance/support/drafts.ts'
import { type Client, newClient, resume } from './resume.ts'

/**
 * Writes answers into sessions in turns, and remembers clients that saw them up to here. Every text
 * is `label` and a number, so that it can be told who wrote it.
 */
export class RandomHistory {
  readonly #storage: Storage
  readonly #random: Random
  readonly #label: string
  /** The answer that is open in a session. */
  readonly #open = new Map<string, string>()
  #count = 0
  /** Each as it was when it was made. */
  readonly clients: Client[] = []

  constructor(storage: Storage, random: Random, label: string) {
    this.#storage = storage
    this.#random = random
    this.#label = label
  }

  /** Ends what somebody else left open, so that this one can go on. */
  async takeOver(): Promise<void> {
    for (const { sessionId, head, open } of await this.#storage.activeRuns()) {
      const finishes = open.map(({ id }) => finished(id, 'lost'))
      const runId = head.run?.id ?? ''
      await this.#write(sessionId, [...finishes, { type: 'run-ended', runId, reason: 'lost' }])
    }
  }

  /** A commit in each of some of the sessions; now and then a client looks, and the engine tidies. */
  async step(sessions: readonly string[]): Promise<void> {
    const some = sessions.filter(() => this.#random.chance(0.5))
    for (const sessionId of some) await this.#write(sessionId, this.#next(sessionId))
    for (const sessionId of some) if (this.#random.chance(0.2)) await this.#look(sessionId)
    if (this.#random.chance(0.1)) await this.#storage.maintain({ retention: false })
  }

  async #write(sessionId: string, drafts: readonly EventDraft[]): Promise<void> {
    const [result] = await this.#storage.commit([{ sessionId, at: 1, drafts }])
    assert(result && result.refused === undefined, `${sessionId} takes what is written.`)
  }

  #next(sessionId: string): EventDraft[] {
    const text = `${this.#label}${++this.#count} `
    const open = this.#open.get(sessionId)
    if (open === undefined) {
      const answer = `answer-${this.#label}${this.#count}`
      this.#open.set(sessionId, answer)
      return [runStarted(`run-${answer}`), prompt(`prompt-${answer}`, text), opened(answer)]
    }
    if (this.#random.chance(0.8)) return [delta(open, text)]
    this.#open.delete(sessionId)
    return [finished(open), { type: 'run-ended', runId: `run-${open}`, reason: 'stop' }]
  }

  /** Somebody who looked before comes back, or somebody new comes. */
  async #look(sessionId: string): Promise<void> {
    const before = this.clients.findLast((client) => client.sessionId === sessionId)
    const client = this.#random.chance(0.5) ? before : undefined
    const { view, cursor } = await resume(this.#storage, client ?? newClient(sessionId))
    this.clients.push({ sessionId, view, cursor })
  }
}
