import type { AgentPart, IgnoredAgentPart } from '@caughtup/schema'
import type { Agent, AgentContext } from '@caughtup/server'

type Step = { part: AgentPart | IgnoredAgentPart } | { error: unknown } | undefined

/** One run of a `SteppedAgent`. */
export interface SteppedRun {
  context: AgentContext
  /** Resolves once the server has taken the parts. */
  yields(...parts: (AgentPart | IgnoredAgentPart)[]): Promise<void>
  finish(): void
  fail(error: unknown): void
}

/** An agent that yields the parts that a test gives it, one at a time. */
export class SteppedAgent {
  readonly #begun: SteppedRun[] = []
  readonly #awaited: ((run: SteppedRun) => void)[] = []

  readonly agent: Agent = (context) => {
    const steps: { step: Step; taken: () => void }[] = []
    let wake = () => {}
    const add = (step: Step) =>
      new Promise<void>((taken) => {
        steps.push({ step, taken })
        wake()
      })
    const run: SteppedRun = {
      context,
      async yields(...parts) {
        for (const part of parts) await add({ part })
      },
      finish: () => void add(undefined),
      fail: (error) => void add({ error }),
    }
    const awaited = this.#awaited.shift()
    if (awaited) awaited(run)
    else this.#begun.push(run)
    return (async function* () {
      for (;;) {
        while (steps.length === 0) await new Promise<void>((resolve) => (wake = resolve))
        const { step, taken } = steps.shift()!
        if (!step) return
        if ('error' in step) throw step.error
        yield step.part
        taken()
      }
    })()
  }

  /** The next run that starts, or the first one that no caller has got yet. */
  run(): Promise<SteppedRun> {
    const run = this.#begun.shift()
    if (run) return Promise.resolve(run)
    return new Promise((resolve) => this.#awaited.push(resolve))
  }
}
