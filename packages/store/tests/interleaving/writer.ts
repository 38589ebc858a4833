import type { EventDraft } from '@caughtup/schema'
import { CaughtupError } from '@caughtup/schema'
import type { Random } from '@caughtup/schema/testing'

import {
  compaction,
  delta,
  deleted,
  dequeued,
  enqueued,
  erased,
  finished,
  imported,
  message,
  opened,
  prompt,
  redo,
  runChanged,
  runEnded,
  runStarted,
  truncated,
  undo,
} from '../../src/conformance/support/drafts.ts'
import type { Guard, Slice, SliceResult } from '../../src/port/commit.ts'
import { StorageError } from '../../src/port/storage-error.ts'
import type { Storage } from '../../src/port/storage.ts'
import type { Ledger } from './ledger.ts'

/** An answer that this process streams. */
interface Answer {
  readonly sessionId: string
  readonly runId: string
  readonly messageId: string
  readonly attempt: number
}

interface WriterOptions {
  name: string
  storage: Storage
  random: Random
  ledger: Ledger
  sessions: readonly string[]
}

/** A process that commits one batch after the other, as the store's batch writer does. */
export class Writer {
  readonly #options: WriterOptions
  #answers: Answer[] = []
  #names = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) await this.step()
    await this.finishAll()
  }

  async finishAll(): Promise<void> {
    for (const answer of this.#answers) await this.#finish(answer)
  }

  async step(): Promise<void> {
    const { random, sessions } = this.#options
    const sessionId = random.pick(sessions)
    const action = random.weighted({
      start: 4,
      window: 14,
      mixed: 4,
      finish: 2,
      other: 4,
      lost: 3,
      history: 4,
    })
    switch (action) {
      case 'start':
        return this.#start(sessionId)
      case 'window':
        await this.commit(this.#window())
        return
      case 'mixed': {
        const others = [sessionId, random.pick(sessions)].map((id) => this.#other(id))
        await this.commit([...others, ...this.#window()])
        return
      }
      case 'finish':
        for (const answer of this.#answers.slice(0, 1)) await this.#finish(answer)
        return
      case 'other':
        await this.commit([this.#other(sessionId)])
        return
      case 'lost':
        return this.#endLost(sessionId)
      case 'history':
        await this.commit([await this.#change(sessionId)])
    }
  }

  async #start(sessionId: string): Promise<void> {
    const runId = this.#name('run')
    const messageId = `${runId}-answer`
    const drafts = [runStarted(runId), prompt(`${runId}-prompt`), opened(messageId)]
    const [result] = await this.commit([this.#slice(sessionId, drafts, { is: 'idle' })])
    if (result?.refused === undefined) {
      this.#answers.push({ sessionId, runId, messageId, attempt: 1 })
    }
  }

  /** Deltas of some of the answers that stream here, in one commit. */
  #window(): Slice[] {
    const { random } = this.#options
    return this.#answers
      .filter(() => random.chance(0.7))
      .map(({ sessionId, runId, messageId, attempt }) => {
        const name = () => `${attempt}:${this.#name('')} `
        const texts = Array.from({ length: random.between(1, 3) }, name)
        const drafts = texts.map((text) => delta(messageId, text))
        return this.#slice(sessionId, drafts, { is: 'run', runId, attempt })
      })
  }

  async #finish(answer: Answer): Promise<void> {
    const { sessionId, runId, messageId, attempt } = answer
    this.#answers = this.#answers.filter((each) => each !== answer)
    const drafts = [delta(messageId, `${attempt}:end`), finished(messageId), runEnded(runId)]
    await this.commit([this.#slice(sessionId, drafts, { is: 'run', runId, attempt })])
  }

  /** Ends or continues the run of a process that it takes to be dead. */
  async #endLost(sessionId: string): Promise<void> {
    const head = await this.#head(sessionId)
    const runId = head?.head.run?.id
    if (!head || runId === undefined) return
    const { attempt = 1 } = head.head.run ?? {}
    const [open] = head.open
    if (open && this.#options.random.chance(0.5)) {
      const next = { ...runChanged(runId, 'streaming'), attempt: attempt + 1 }
      const guard = { is: 'run', runId, attempt } as const
      const [result] = await this.commit([this.#slice(sessionId, [next], guard)])
      if (result?.refused !== undefined) return
      this.#answers.push({ sessionId, runId, messageId: open.id, attempt: attempt + 1 })
      return
    }
    const drafts = [...head.open.map(({ id }) => finished(id, 'lost')), runEnded(runId)]
    await this.commit([this.#slice(sessionId, drafts, { is: 'run', runId })])
  }

  /** Something small that writes the session's row. */
  #other(sessionId: string): Slice {
    const { random } = this.#options
    const queued = this.#name('queued')
    const draft = random.pick<EventDraft>([
      enqueued(queued),
      dequeued('none'),
      { type: 'usage', add: { inputTokens: 1 } },
      { type: 'usage', add: { inputTokens: 1 }, child: `child-${random.between(1, 9)}` },
    ])
    return this.#slice(sessionId, [draft])
  }

  async #change(sessionId: string): Promise<Slice> {
    const { random } = this.#options
    const id = this.#name('m')
    const { messages = [] } = (await this.#window10(sessionId)) ?? {}
    const known = messages[random.between(0, messages.length)]?.id ?? 'nothing'
    const draft = random.pick<EventDraft>([
      undo,
      undo,
      redo,
      truncated(known),
      deleted(known),
      erased(known),
      compaction(id),
      prompt(id),
      imported([message(id, 'There')], { [id]: 1 }),
    ])
    return this.#slice(sessionId, [draft], { is: 'no-active-run' })
  }

  /** Commits until the outcome is known, with the same slices, as the port asks. */
  async commit(slices: readonly Slice[]): Promise<SliceResult[]> {
    const { storage, ledger } = this.#options
    if (slices.length === 0) return []
    for (;;) {
      try {
        const results = await storage.commit(slices)
        for (const [index, slice] of slices.entries()) {
          const result = results[index]
          if (!result) throw new Error('A commit answers for each slice.')
          ledger.acknowledge(slice, result)
          if (result.refused !== undefined) this.#forget(slice)
        }
        return results
      } catch (error) {
        if (isUntold(error)) return this.#giveUp(slices)
        if (!isPassing(error)) throw error
      }
    }
  }

  /** No caller will learn whether they were written. */
  #giveUp(slices: readonly Slice[]): SliceResult[] {
    for (const slice of slices) {
      this.#options.ledger.untold.add(slice.sessionId)
      this.#forget(slice)
    }
    return slices.map(() => ({ refused: 'guard-failed' }))
  }

  #forget({ guard }: Slice): void {
    if (guard?.is !== 'run') return
    const { runId, attempt } = guard
    this.#answers = this.#answers.filter(
      (each) => each.runId !== runId || (attempt !== undefined && each.attempt !== attempt),
    )
  }

  #slice(sessionId: string, drafts: readonly EventDraft[], guard?: Guard): Slice {
    return { sessionId, at: 1, drafts, ...(guard && { guard }) }
  }

  #head(sessionId: string) {
    return orMissing(this.#options.storage.state(sessionId))
  }

  #window10(sessionId: string) {
    return orMissing(this.#options.storage.messages(sessionId, { messages: 10, bytes: 10_000 }))
  }

  #name(kind: string): string {
    return `${kind}${this.#options.name}${++this.#names}`
  }
}

function isUntold(error: unknown): boolean {
  return error instanceof CaughtupError && error.data?.['reason'] === 'outcome-unknown'
}

/** Whether the same may succeed later. */
export function isPassing(error: unknown): boolean {
  return error instanceof StorageError && (error.failure === 'busy' || error.failure === 'unknown')
}

/** `undefined` for a session that is not there. */
export async function orMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
