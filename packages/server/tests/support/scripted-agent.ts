import type { AgentPart, IgnoredAgentPart } from '@caughtup/schema'

import type { Agent, AgentContext } from '../../src/host/agent.ts'

/** One run of a scripted agent, driven by the test. */
export interface ScriptedRun {
  context: AgentContext
  say(text: string): void
  yield(part: AgentPart | IgnoredAgentPart): void
  finish(): void
  fail(error: unknown): void
}

/** An agent that yields the parts that a test gives it, and otherwise waits forever. */
export class ScriptedAgent {
  readonly #runs: ScriptedRun[] = []
  #waiting: ((run: ScriptedRun) => void)[] = []
  returned = 0

  readonly agent: Agent = (context) => {
    const queue: (() => AgentPart | IgnoredAgentPart | undefined)[] = []
    let wake = () => {}
    const push = (step: () => AgentPart | IgnoredAgentPart | undefined) => {
      queue.push(step)
      wake()
    }
    const run: ScriptedRun = {
      context,
      say: (text) => push(() => ({ type: 'text-delta', text })),
      yield: (part) => push(() => part),
      finish: () => push(() => undefined),
      fail: (error) =>
        push(() => {
          throw error
        }),
    }
    const waiting = this.#waiting.shift()
    if (waiting) waiting(run)
    else this.#runs.push(run)
    const iterator: AsyncIterator<AgentPart | IgnoredAgentPart> = {
      next: async () => {
        while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve))
        const value = queue.shift()?.()
        return value ? { done: false, value } : { done: true, value: undefined }
      },
      return: async () => {
        this.returned++
        return { done: true, value: undefined }
      },
    }
    return { [Symbol.asyncIterator]: () => iterator }
  }

  /** The next run that starts, or the first one that no caller has got yet. */
  run(): Promise<ScriptedRun> {
    const run = this.#runs.shift()
    if (run) return Promise.resolve(run)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
