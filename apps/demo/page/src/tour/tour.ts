import { asChatError } from '@caughtup/web-client'

import type { ClientSwitch } from '../client/client-switch.ts'
import type { NetworkSwitch } from '../client/network-switch.ts'
import { openSession } from '../hooks/use-route.ts'
import { NaiveClient } from './naive-client.ts'
import { type Outcome, readTour, type SavedTour, saveTour } from './saved-tour.ts'
import { answersAfter, lastOrder, type SavedStep, Stage } from './stage/stage.ts'
import { splitWords, tallyOf, wordsOf } from './evidence/tally.ts'
import type { TourStep } from './stage/tour-step.ts'
import { tourSteps } from './steps/tour-steps.ts'
import { type Verdict, verdictOf } from './evidence/verdict.ts'

export interface TourSnapshot extends SavedTour {
  /** The step under way. */
  running?: string
}

/** The walk through the demo: runs its steps in a chat of their own, and keeps their verdicts. */
export class Tour {
  readonly #clients: ClientSwitch
  readonly #network: NetworkSwitch
  readonly #listeners = new Set<() => void>()
  #snapshot: TourSnapshot = readTour()
  #abort = new AbortController()

  constructor(clients: ClientSwitch, network: NetworkSwitch) {
    this.#clients = clients
    this.#network = network
    const { reloading } = this.#snapshot
    const step = tourSteps.find(({ id }) => id === reloading?.stepId)
    if (!reloading || !step) return
    this.#change({ reloading: undefined })
    void this.#perform(step, async (stage) => {
      if (!step.resume) throw new Error('The step cannot go on after a reload.')
      return step.resume(stage, reloading)
    })
  }

  readonly getSnapshot = (): TourSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  open(): void {
    this.#change({ open: true })
  }

  close(): void {
    this.#change({ open: false })
  }

  /** Whether a naive client follows the answers of the next steps too. */
  compare(comparing: boolean): void {
    this.#change({ comparing })
  }

  /** Runs a step, one at a time. */
  run(step: TourStep): void {
    if (this.#snapshot.running === undefined) {
      void this.#perform(step, (stage) => step.run(stage))
    }
  }

  /** Gives up the step under way. */
  cancel(): void {
    this.#abort.abort()
  }

  /** Never rejects: a failure is the step's outcome. */
  async #perform(step: TourStep, perform: (stage: Stage) => Promise<Verdict>): Promise<void> {
    this.#abort = new AbortController()
    this.#change({ running: step.id })
    let outcome: Outcome
    try {
      outcome = await this.#outcomeOf(step, perform)
    } catch (error) {
      const { message } = asChatError(error)
      outcome = { verdict: { passed: false, text: message } }
    }
    const outcomes = { ...this.#snapshot.outcomes, [step.id]: outcome }
    this.#change({ running: undefined, outcomes })
  }

  async #outcomeOf(step: TourStep, perform: (stage: Stage) => Promise<Verdict>): Promise<Outcome> {
    const { client } = this.#clients.getSnapshot()
    const sessionId = await this.#session()
    const stage = new Stage({
      client,
      network: this.#network,
      sessionId,
      signal: this.#abort.signal,
      reload: (saved) => this.#reload(step, saved),
    })
    const compares = step.streams === true && this.#snapshot.comparing
    const naive = compares ? new NaiveClient(sessionId, this.#network) : undefined
    try {
      await stage.until(({ connection }) => connection.status === 'live')
      const after = lastOrder(stage.session.getSnapshot())
      const verdict = await perform(stage)
      if (!naive) return { verdict }
      const { messages } = await stage.journal()
      // After a reload the prompt is before the page's beginning, the answer is the last one.
      const answers = answersAfter({ messages }, after)
      const kept = wordsOf(answers.length > 0 ? answers : messages.slice(-1))
      return { verdict, naive: verdictOf(tallyOf(kept, splitWords(naive.text))) }
    } finally {
      naive?.close()
      stage.close()
    }
  }

  /** The tour's chat, which is opened. */
  async #session(): Promise<string> {
    const { client } = this.#clients.getSnapshot()
    const known = this.#snapshot.sessionId
    const exists = known !== undefined && (await this.#isThere(known))
    const sessionId = exists ? known : (await client.rpc.sessions.create({ title: 'The tour' })).id
    this.#change({ sessionId })
    openSession(sessionId)
    return sessionId
  }

  async #isThere(sessionId: string): Promise<boolean> {
    try {
      await this.#clients.getSnapshot().client.rpc.sessions.get({ sessionId })
      return true
    } catch (error) {
      if (asChatError(error).code === 'NOT_FOUND') return false
      throw error
    }
  }

  #reload(step: TourStep, saved: SavedStep): Promise<never> {
    this.#change({ reloading: { stepId: step.id, ...saved } })
    location.reload()
    return new Promise<never>(() => {})
  }

  #change(change: { [K in keyof TourSnapshot]?: TourSnapshot[K] | undefined }): void {
    const next = { ...this.#snapshot, ...change }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- members that are undefined are absent
    this.#snapshot = Object.fromEntries(
      Object.entries(next).filter(([, value]) => value !== undefined),
    ) as unknown as TourSnapshot
    const { running: _, ...saved } = this.#snapshot
    saveTour(saved)
    for (const listener of this.#listeners) listener()
  }
}
