import type { EventDraft, Part, Run } from '@caughtup/schema'
import { isNoticeKind } from '@caughtup/schema/notice'
import type { MessageWriter } from '@caughtup/store'

import type { Settings } from '../host/server-options.ts'
import { authorOf } from '../host/principal.ts'
import { noticePart, runEndedDraft, type RunEnd, type RunExecution } from '../runs/run-execution.ts'
import type { QueuedRunOf } from '../runs/run-kind.ts'
import type { Signals } from '../streams/signals.ts'
import { AgentPump } from './agent-pump.ts'
import { UsageTally } from './agent-usage.ts'
import { modelContext } from './model-context.ts'

export type QueuedPrompt = QueuedRunOf<'agent'>

export interface AgentRunOptions {
  sessionId: string
  run: Pick<Run, 'id' | 'model' | 'thinkingLevel' | 'author' | 'attempt' | 'usage'>
  /**
   * The open assistant message: of a run that starts with the id of its prompt, of one that goes on
   * with its parts and order.
   */
  answer: { id: string } & ({ promptId: string } | { parts: readonly Part[]; order: number })
  signals: Signals
  /** Called for each part of a type that is not stored. */
  onIgnored: () => void
}

/** Runs the agent on a prompt: its stream becomes the parts of one assistant message. */
export class AgentRun implements RunExecution {
  readonly #settings: Settings
  readonly #options: AgentRunOptions
  readonly #writer: MessageWriter
  readonly #tally: UsageTally

  constructor(settings: Settings, options: AgentRunOptions) {
    const { sessionId, run, answer } = options
    const { attempt = 1 } = run
    this.#settings = settings
    this.#options = options
    this.#writer = settings.store.writer({
      sessionId,
      runId: run.id,
      attempt,
      messageId: answer.id,
      ...('parts' in answer && { parts: answer.parts }),
    })
    this.#tally = new UsageTally(settings.contextLimit)
  }

  async drive(signal: AbortSignal): Promise<RunEnd | 'waiting'> {
    const { agent, onError, describeError } = this.#settings
    const { sessionId, run, signals, onIgnored } = this.#options
    let hasEnded = false
    const emit = (name: string, data: unknown) => {
      if (signal.aborted || hasEnded) return
      signals.emit({ sessionId, runId: run.id }, { name, data })
    }
    const context = { ...(await this.#context(signal)), emit }
    const pump = new AgentPump({
      writer: this.#writer,
      tally: this.#tally,
      signal,
      onIgnored,
      emit,
      describeError,
      onError: (error) => onError(error, `the agent of run ${run.id}`),
    })
    const end = await pump.run(() => agent(context)).finally(() => (hasEnded = true))
    const isOver = end.reason === 'stop' || end.reason === 'tool-calls'
    return isOver && this.#writer.awaits ? 'waiting' : end
  }

  commit(end: RunEnd, alongside: readonly EventDraft[]): Promise<void> {
    const { assistantName } = this.#settings
    const { run } = this.#options
    return this.#writer.finish(
      {
        ...end,
        ...this.#tally.known(),
        ...this.#counted(),
        ...(isNoticeKind(end.reason) && { part: noticePart(end.reason, assistantName) }),
      },
      [runEndedDraft(run.id, end), ...alongside],
    )
  }

  suspend(): Promise<void> {
    const { usage } = this.#tally.known()
    return this.#writer.suspend({ ...(usage && { usage }), ...this.#counted() })
  }

  #counted() {
    const { model, usage } = this.#options.run
    return { ...(model !== undefined && { model }), ...(usage && { earlierUsage: usage }) }
  }

  async #context(signal: AbortSignal) {
    const { sessionId, run, answer } = this.#options
    const { store } = this.#settings
    const { id: runId, model, thinkingLevel, attempt = 1 } = run
    const messages = await modelContext(store, sessionId, { signal, open: answer.id })
    const prompt = messages.findLast(({ id, role, order }) =>
      'promptId' in answer ? id === answer.promptId : role === 'user' && order < answer.order,
    )
    if (!prompt) throw new Error(`The prompt of run ${runId} is missing from its session.`)
    return {
      sessionId,
      runId,
      attempt,
      messages,
      prompt,
      signal,
      ...(model !== undefined && { model }),
      ...(thinkingLevel !== undefined && { thinkingLevel }),
      ...authorOf(run),
    }
  }
}
