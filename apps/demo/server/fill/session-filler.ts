import { setImmediate } from 'node:timers/promises'

import type { Store } from '@caughtup/store'

import type { FillClient } from './fill-client.ts'
import { countPrompts, type FillStep, type PlannedSession } from './fill-plan.ts'

/** Ids of the filling's prompts: `fill-1`, `fill-2` … in each session. */
export const fillPromptId = /^fill-(\d+)$/

/**
 * Takes one planned session through its steps, one run at a time, with the calls of any client. It
 * reads its progress from the session itself, so it resumes where a killed process stopped.
 */
export class SessionFiller {
  readonly #store: Store
  readonly #client: FillClient
  readonly #sessionId: string
  readonly #steps: readonly FillStep[]
  readonly #signal: AbortSignal
  #next = 0
  #asked = 0

  private constructor(options: SessionFillerOptions) {
    this.#store = options.store
    this.#client = options.client
    this.#sessionId = options.sessionId
    this.#steps = options.planned.steps
    this.#signal = options.signal
  }

  static async open(options: SessionFillerOptions): Promise<SessionFiller> {
    const filler = new SessionFiller(options)
    await filler.#skipDone()
    return filler
  }

  get promptsLeft(): number {
    return countPrompts(this.#steps.slice(this.#next))
  }

  /** Runs until `left` steps remain; calls `onAsked` after each prompt. */
  async run({ left, onAsked }: { left: number; onAsked: () => void }): Promise<void> {
    const end = this.#steps.length - left
    if (this.#next >= end) return
    const ended = new AbortController()
    const signal = AbortSignal.any([ended.signal, this.#signal])
    const { head } = await this.#store.head(this.#sessionId, { signal })
    const batches = this.#store.follow(this.#sessionId, head.seq, { signal })
    try {
      while (this.#next < end) {
        signal.throwIfAborted()
        const step = this.#steps[this.#next]
        if (!step) return
        const runId = await this.#start(step)
        await untilEnded(batches, runId)
        // Lets the server answer other clients between two prompts.
        await setImmediate(undefined, { signal })
        this.#next++
        if (step.type === 'ask') onAsked()
      }
      await this.#markRead()
    } finally {
      ended.abort()
    }
  }

  async #start(step: FillStep): Promise<string> {
    const sessionId = this.#sessionId
    switch (step.type) {
      case 'ask': {
        const messageId = `fill-${++this.#asked}`
        const { runId } = await this.#client.messages.send({
          sessionId,
          text: step.text,
          messageId,
        })
        return runId
      }
      case 'compact': {
        const { runId } = await this.#client.history.compact({ sessionId })
        return runId
      }
      case 'reset': {
        const { runId } = await this.#client.history.reset({ sessionId })
        return runId
      }
    }
  }

  /** Answers of the filling are not news: they must not show as unread. */
  async #markRead(): Promise<void> {
    const sessionId = this.#sessionId
    const { messages } = await this.#client.history.loadMore({ sessionId, limit: 1 })
    const newest = messages.at(-1)
    if (newest) await this.#client.activity.markRead({ sessionId, upTo: newest.order })
  }

  /** Skips the steps that happened: up to the newest prompt, and the boundary that followed it. */
  async #skipDone(): Promise<void> {
    const sessionId = this.#sessionId
    this.#asked = await this.#newestPrompt()
    const { epoch } = await this.#client.sessions.get({ sessionId })
    let asked = 0
    let boundaries = 0
    for (const step of this.#steps) {
      if (asked === this.#asked && (boundaries >= epoch || step.type === 'ask')) return
      if (step.type === 'ask') asked++
      else boundaries++
      this.#next++
    }
  }

  async #newestPrompt(): Promise<number> {
    const sessionId = this.#sessionId
    let before: { before: number } | null | undefined
    do {
      const page = await this.#client.history.loadMore({
        sessionId,
        limit: this.#store.limits.pageMost,
        ...(before && { cursor: before }),
      })
      for (const { id } of page.messages.toReversed()) {
        const number = fillPromptId.exec(id)?.[1]
        if (number !== undefined) return Number(number)
      }
      before = page.nextCursor
    } while (before)
    return 0
  }
}

export interface SessionFillerOptions {
  store: Store
  client: FillClient
  sessionId: string
  planned: PlannedSession
  /** Aborted when the demo closes; the next start resumes the filling. */
  signal: AbortSignal
}

async function untilEnded(batches: ReturnType<Store['follow']>, runId: string): Promise<void> {
  for (;;) {
    const { value, done } = await batches.next()
    if (done) throw new Error(`The session of run ${runId} ended before the run.`)
    if (value.events.some((event) => event.type === 'run-ended' && event.runId === runId)) return
  }
}
