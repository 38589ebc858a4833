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
 * Writes answers into sessions, and remembers clients that saw them up to a cursor. Every text is
 * `label` and a number, which identify its writer.
 */
export class RandomHistory {
  readonly #storage: Storage
  readonly #random: Random
  readonly #label: string
  /** The open answer of each session. */
  readonly #open = new Map<string, string>()
  #count = 0
  /** The clients, as they were when they read. */
  readonly clients: Client[] = []

  constructor(storage: Storage, random: Random, label: string) {
    this.#storage = storage
    this.#random = random
    this.#label = label
  }

  /** Ends the runs that another writer left open. */
  async takeOver(): Promise<void> {
    for (const { sessionId, head, open } of await this.#storage.activeRuns()) {
      const finishes = open.map(({ id }) => finished(id, 'lost'))
      const runId = head.run?.id ?? ''
      await this.#write(sessionId, [...finishes, { type: 'run-ended', runId, reason: 'lost' }])
    }
  }

  /** Commits to some of the sessions; sometimes a client reads, and the engine does maintenance. */
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

  /** Lets an earlier client return, or a new one read. */
  async #look(sessionId: string): Promise<void> {
    const before = this.clients.findLast((client) => client.sessionId === sessionId)
    const client = this.#random.chance(0.5) ? before : undefined
    const { view, cursor } = await resume(this.#storage, client ?? newClient(sessionId))
    this.clients.push({ sessionId, view, cursor })
  }
}
