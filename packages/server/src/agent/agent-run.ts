import type { EventDraft } from '@caughtup/schema'
import { isNoticeKind } from '@caughtup/schema/notice'
import type { MessageWriter } from '@caughtup/store'

import type { Settings } from '../host/server-options.ts'
import { authorOf } from '../host/principal.ts'
import { noticePart, runEndedDraft, type RunEnd, type RunExecution } from '../runs/run-execution.ts'
import type { QueuedRunOf } from '../runs/run-kind.ts'
import { AgentPump } from './agent-pump.ts'
import { UsageTally } from './agent-usage.ts'
import { modelContext } from './model-context.ts'

export type QueuedPrompt = QueuedRunOf<'agent'>

/** Runs the agent on a prompt: its stream becomes the parts of one assistant message. */
export class AgentRun implements RunExecution {
  readonly #settings: Settings
  readonly #sessionId: string
  readonly #prompt: QueuedPrompt
  readonly #onIgnored: () => void
  readonly #writer: MessageWriter
  readonly #tally: UsageTally

  constructor(
    settings: Settings,
    options: {
      sessionId: string
      prompt: QueuedPrompt
      /** The open assistant message. */
      answerId: string
      onIgnored: () => void
    },
  ) {
    const { sessionId, prompt, answerId, onIgnored } = options
    this.#settings = settings
    this.#sessionId = sessionId
    this.#prompt = prompt
    this.#onIgnored = onIgnored
    this.#writer = settings.store.writer({ sessionId, runId: prompt.runId, messageId: answerId })
    this.#tally = new UsageTally(settings.contextLimit)
  }

  async drive(signal: AbortSignal): Promise<RunEnd> {
    const { agent, store, onError, describeError } = this.#settings
    const { runId, messageId, model, thinkingLevel } = this.#prompt
    const messages = await modelContext(store, this.#sessionId, signal)
    const prompt = messages.findLast(({ id }) => id === messageId)
    if (!prompt) throw new Error(`Prompt ${messageId} of run ${runId} is missing from its session.`)
    const context = {
      sessionId: this.#sessionId,
      runId,
      messages,
      prompt,
      signal,
      ...(model !== undefined && { model }),
      ...(thinkingLevel !== undefined && { thinkingLevel }),
      ...authorOf(this.#prompt),
    }
    const pump = new AgentPump({
      writer: this.#writer,
      tally: this.#tally,
      signal,
      onIgnored: this.#onIgnored,
      describeError,
      onError: (error) => onError(error, `the agent of run ${runId}`),
    })
    return pump.run(() => agent(context))
  }

  commit(end: RunEnd, alongside: readonly EventDraft[]): Promise<void> {
    const { assistantName } = this.#settings
    const { runId, model } = this.#prompt
    return this.#writer.finish(
      {
        ...end,
        ...this.#tally.known(),
        ...(model !== undefined && { model }),
        ...(isNoticeKind(end.reason) && { part: noticePart(end.reason, assistantName) }),
      },
      [runEndedDraft(runId, end), ...alongside],
    )
  }
}
