import type { EventDraft, HistoryDraft, Message, Run } from '@caughtup/schema'

import type { Settings } from '../host/server-options.ts'
import type { RunExecution } from '../runs/run-execution.ts'
import { type RunBefore, type RunKind, runStartedDraft, type RunStart } from '../runs/run-kind.ts'
import type { Signals } from '../streams/signals.ts'
import { answerMessage, askedOf, authored, promptMessage } from './turn-messages.ts'
import { AgentRun, type AgentRunOptions, type QueuedPrompt } from './agent-run.ts'
import { compactionBefore } from './compaction-before.ts'

/** Prompts as runs: the prompt becomes a message, and the agent writes the next one. */
export class AgentKind implements RunKind<QueuedPrompt> {
  readonly #settings: Settings
  readonly #signals: Signals
  #ignoredParts = 0

  constructor(settings: Settings, signals: Signals) {
    this.#settings = settings
    this.#signals = signals
  }

  /** How many parts agents have yielded whose types are not stored. */
  get ignoredParts(): number {
    return this.#ignoredParts
  }

  before(sessionId: string, prompt: QueuedPrompt): Promise<RunBefore | undefined> {
    return compactionBefore(this.#settings, sessionId, prompt)
  }

  start(sessionId: string, prompt: QueuedPrompt): RunStart {
    const now = this.#settings.store.clock.now()
    const { runId } = prompt
    const answer = answerMessage(prompt, now)
    const asked = askedOf(prompt)
    const history = replacement(prompt, this.#settings.limits.versionsPerPlace)
    return {
      ...(history && { history }),
      drafts: [
        runStartedDraft(prompt, now, asked),
        ...newPrompt(prompt, now),
        { type: 'message-created', runId, message: answer },
      ],
      execution: this.#execution(
        sessionId,
        { id: runId, ...asked, ...authored(prompt) },
        { id: answer.id, promptId: prompt.messageId },
      ),
    }
  }

  resume(sessionId: string, run: Run, answer: Message): RunExecution {
    return this.#execution(sessionId, run, answer)
  }

  #execution(
    sessionId: string,
    run: AgentRunOptions['run'],
    answer: AgentRunOptions['answer'],
  ): RunExecution {
    const onIgnored = () => void this.#ignoredParts++
    const signals = this.#signals
    return new AgentRun(this.#settings, { sessionId, run, answer, signals, onIgnored })
  }
}

/** What an answer or a prompt takes the place of stays as a version. */
function replacement(
  { messageId, retry, replaces }: QueuedPrompt,
  keep: number,
): HistoryDraft | undefined {
  if (retry) return { type: 'history-truncated', after: messageId, keep }
  return replaces === undefined ? undefined : { type: 'history-truncated', before: replaces, keep }
}

function newPrompt(prompt: QueuedPrompt, now: number): EventDraft[] {
  const { runId, retry } = prompt
  if (retry) return []
  return [{ type: 'message-created', runId, message: promptMessage(prompt, now) }]
}
