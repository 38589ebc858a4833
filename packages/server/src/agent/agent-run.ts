import type { EventDraft, Message, Run, Usage } from '@caughtup/schema'
import { isNoticeKind } from '@caughtup/schema/notice'
import type { MessageWriter } from '@caughtup/store'

import type { AgentContext } from '../host/agent.ts'
import type { Settings } from '../host/server-options.ts'
import { authorOf } from '../host/principal.ts'
import { noticePart, runEndedDraft, type RunEnd, type RunExecution } from '../runs/run-execution.ts'
import type { QueuedRunOf } from '../runs/run-kind.ts'
import type { Signals } from '../streams/signals.ts'
import { AgentPump } from './agent-pump.ts'
import { AttachedFiles } from './attached-files.ts'
import { UsageTally } from './agent-usage.ts'
import { DeclaredParts } from './declared-parts.ts'
import { modelContext } from './model-context.ts'
import { StepCount } from './step-count.ts'
import { answerMessage, askedOf, promptMessage } from './turn-messages.ts'

export type QueuedPrompt = QueuedRunOf<'agent'>

export interface AgentRunOptions {
  sessionId: string
  run: Pick<Run, 'id' | 'model' | 'thinkingLevel' | 'author' | 'attempt' | 'usage'>
  /**
   * The open assistant message: of a run that starts with the id of its prompt, of one that goes on
   * with its content and order.
   */
  answer: { id: string } & ({ promptId: string } | Pick<Message, 'parts' | 'order' | 'metadata'>)
  signals: Signals
  /** Called for each part of a type that is not stored. */
  onIgnored: () => void
}

/** How often prompts are taken anew after one of them was edited or taken back meanwhile. */
const attempts = 20

/**
 * Runs the agent on a prompt: its stream becomes the parts of one assistant message, or of several if it
 * takes prompts that are offered to it.
 */
export class AgentRun implements RunExecution {
  readonly #settings: Settings
  readonly #options: AgentRunOptions
  readonly #files: AttachedFiles
  readonly #tally: UsageTally
  readonly #steps = new StepCount()
  #writer: MessageWriter
  /** What is in the ledger already of the message's usage. */
  #earlierUsage: Usage | undefined
  /** The taking of offered prompts, one after the other. */
  #steering: Promise<unknown> = Promise.resolve()

  constructor(settings: Settings, options: AgentRunOptions) {
    const { run, answer } = options
    this.#settings = settings
    this.#options = options
    this.#files = new AttachedFiles(settings, options.sessionId)
    this.#writer = this.#writerOf(answer.id, 'parts' in answer ? answer : undefined)
    this.#earlierUsage = run.usage
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
      write: (part) => this.#writer.write(part),
      declared: new DeclaredParts(this.#settings.schemas, () => this.#writer.custom),
      tally: this.#tally,
      signal,
      onStep: () => this.#steps.next(),
      onIgnored,
      emit,
      describeError,
      onError: (error) => onError(error, `the agent of run ${run.id}`),
    })
    const end = await pump.run(() => agent(context)).finally(() => (hasEnded = true))
    const isOver = end.reason === 'stop' || end.reason === 'tool-calls'
    return isOver && this.#writer.awaits ? 'waiting' : end
  }

  async commit(end: RunEnd, alongside: readonly EventDraft[]): Promise<void> {
    const { assistantName } = this.#settings
    const { run } = this.#options
    // It may be about to finish this message and to open another one.
    await this.#steering
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

  /** @param answer - the message as it is, if it has content */
  #writerOf(messageId: string, answer?: Pick<Message, 'parts' | 'metadata'>): MessageWriter {
    const { sessionId, run } = this.#options
    const { id: runId, attempt = 1 } = run
    const content = answer && { parts: answer.parts, custom: answer.metadata.custom }
    return this.#settings.store.writer({ sessionId, runId, attempt, messageId, ...content })
  }

  #counted() {
    const { model } = this.#options.run
    const earlierUsage = this.#earlierUsage
    return { ...(model !== undefined && { model }), ...(earlierUsage && { earlierUsage }) }
  }

  async #context(signal: AbortSignal): Promise<Omit<AgentContext, 'emit'>> {
    const { sessionId, run, answer } = this.#options
    const { store } = this.#settings
    const { id: runId, model, thinkingLevel, attempt = 1 } = run
    const files = this.#files
    const messages = await modelContext(store, sessionId, { signal, open: answer.id, files })
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
      steer: (step) => this.#steer(step, signal),
      ...(model !== undefined && { model }),
      ...(thinkingLevel !== undefined && { thinkingLevel }),
      ...authorOf(run),
    }
  }

  async #steer(step: number | undefined, signal: AbortSignal): Promise<Message[]> {
    // No step lies before the first, and results of waiting calls may still be on their way.
    if (step === 0) return []
    if (step !== undefined) await this.#steps.reached(step, signal)
    const taking = this.#steering.then(() => this.#take(signal))
    this.#steering = taking.catch(() => undefined)
    return taking
  }

  /** Finishes the answer so far, and answers the offered prompts in another message of this run. */
  async #take(signal: AbortSignal): Promise<Message[]> {
    const { store } = this.#settings
    const { sessionId, run } = this.#options
    const { id: runId, attempt: runAttempt = 1 } = run
    for (let attempt = 0; attempt < attempts; attempt++) {
      // A result would come to a message that never made the call.
      if (signal.aborted || this.#writer.hasOpenCalls) return []
      const { head } = await store.head(sessionId, { signal })
      const prompts = head.queue
        .filter((each) => each.kind === 'agent')
        .filter(({ steer }) => steer === true)
      if (head.run?.id !== runId || prompts.length === 0) return []
      await store.flush(this.#writer.messageId, { signal })
      const now = store.clock.now()
      const answer = answerMessage({ runId, ...askedOf(run) }, now)
      const { refused, ...result } = await store.append({
        sessionId,
        guard: {
          is: 'run',
          runId,
          attempt: runAttempt,
          queued: prompts,
        },
        drafts: [
          ...this.#writer.finishDrafts({
            reason: 'stop',
            ...this.#tally.known(),
            ...this.#counted(),
          }),
          ...prompts.flatMap((prompt): EventDraft[] => [
            { type: 'queue-changed', remove: prompt.runId },
            {
              type: 'message-created',
              runId,
              message: promptMessage({ ...prompt, runId }, now),
            },
          ]),
          { type: 'message-created', runId, message: answer },
        ],
      })
      if (refused === undefined && 'messages' in result) {
        this.#tally.take()
        this.#earlierUsage = undefined
        this.#writer = this.#writerOf(answer.id)
        const ids = new Set(prompts.map(({ messageId }) => messageId))
        return this.#files.fill(
          result.messages.filter(({ id }) => ids.has(id)),
          signal,
        )
      }
      // The same prompt was sent twice at the same moment: it runs next, and is dropped then.
      if (refused !== 'guard-failed') return []
    }
    return []
  }
}
