import { CaughtupError, type AgentPart, type EventDraft } from '@caughtup/schema'

import type { MessageWriter } from '../message-writer.ts'
import { type Guard, StorageError } from '../storage.ts'
import type { Incarnation } from './host.ts'
import type { Writing } from './ledger.ts'
import type { World } from './world.ts'

/** A prompt that is to be answered. */
export interface Prompt {
  sessionId: string
  runId: string
  messageId: string
}

/** One run of an agent in a process: the prompt, the answer as it streams, its end. */
export class Turn {
  readonly #world: World
  readonly #at: Incarnation
  readonly #prompt: Prompt

  constructor(world: World, at: Incarnation, prompt: Prompt) {
    this.#world = world
    this.#at = at
    this.#prompt = prompt
  }

  /** Takes the session where the guard holds, and answers. Returns whether it did. */
  async take(guard: Extract<Guard, { is: 'idle' | 'next' }>): Promise<boolean> {
    const { sessionId, runId, messageId } = this.#prompt
    const { ledger } = this.#world
    const answerId = `answer-${runId}`
    // Known before the commit: who looks for abandoned runs meanwhile finds it here.
    this.#at.executing.add(runId)
    ledger.runs.set(runId, { sessionId, runId, process: this.#at.life.name })
    const metadata = { createdAt: this.#at.life.now(), runId }
    const parts = [{ type: 'text' as const, text: `prompt of ${runId}` }]
    const drafts: EventDraft[] = [
      {
        type: 'run-started',
        runId,
        run: { id: runId, kind: 'agent', status: 'streaming', startedAt: metadata.createdAt },
      },
      {
        type: 'message-created',
        runId,
        message: { id: messageId, role: 'user', parts, metadata, status: 'done' },
      },
      {
        type: 'message-created',
        runId,
        message: { id: answerId, role: 'assistant', parts: [], metadata, status: 'open' },
      },
    ]
    if (guard.is === 'next') drafts.unshift({ type: 'queue-changed', remove: runId })
    try {
      const result = await this.#at.store.append({ sessionId, drafts, guard })
      if (!ledger.committed(sessionId, result)) {
        this.#world.trace(runId, `is refused in ${sessionId}: ${result.refused ?? ''}`)
        return false
      }
      this.#world.trace(runId, `starts in ${sessionId} at ${this.#at.life.name}`)
      await this.#answer(answerId)
      return true
    } catch (error) {
      if (!isOver(error)) throw error
      this.#world.trace(runId, () => `is stopped: ${String(error)}`)
      return true
    } finally {
      this.#at.executing.delete(runId)
    }
  }

  async #answer(messageId: string): Promise<void> {
    const { random, ledger } = this.#world
    const { sessionId, runId } = this.#prompt
    const writing: Writing = { sessionId, messageId, produced: '', acknowledged: '' }
    ledger.writings.set(messageId, writing)
    const writer = this.#at.store.writer({ sessionId, runId, messageId })
    const pace = random.pick([2, 20, 60])
    for (let left = random.between(0, 25); left > 0; left--) {
      await this.#world.rest(this.#at.life, 0, pace)
      await this.#write(writer, writing)
    }
    const reason = random.chance(0.8) ? 'stop' : 'interrupted'
    const usage = { outputTokens: random.between(1, 9) }
    await writer.finish({ reason, usage }, [{ type: 'run-ended', runId, reason }])
    writing.acknowledged = writing.produced
    this.#world.trace(runId, `ends, ${reason}`)
  }

  async #write(writer: MessageWriter, writing: Writing): Promise<void> {
    const { random } = this.#world
    const what = random.weighted({ text: 12, reasoning: 3, thought: 1, tool: 2, flush: 1 })
    this.#world.trace(this.#prompt.runId, what)
    switch (what) {
      case 'text': {
        const text = `${writing.produced.length}${random.chance(0.1) ? '☃'.repeat(99) : ' '}`
        writing.produced += text
        return writer.write({ type: 'text-delta', text })
      }
      case 'reasoning':
        return writer.write({ type: 'reasoning-delta', text: 'hm ' })
      case 'thought':
        return this.#structural(writer, writing, { type: 'reasoning-end', id: '' })
      case 'tool': {
        const toolCallId = this.#world.name('call')
        const tool = { toolCallId, toolName: 'look' }
        await writer.write({ type: 'tool-input-start', id: toolCallId, toolName: 'look' })
        await writer.write({ type: 'tool-input-delta', id: toolCallId, delta: '{}' })
        await this.#structural(writer, writing, { type: 'tool-call', ...tool, input: {} })
        return this.#structural(writer, writing, {
          type: 'tool-result',
          ...tool,
          input: {},
          output: 1,
        })
      }
      case 'flush':
        return this.#flush(writing)
    }
  }

  /** A call that returns when it is committed, with all text before it. */
  async #structural(writer: MessageWriter, writing: Writing, part: AgentPart): Promise<void> {
    const { produced } = writing
    await writer.write(part)
    // The end of a thought that was never begun is nothing to commit.
    if (part.type !== 'reasoning-end') writing.acknowledged = produced
  }

  async #flush(writing: Writing): Promise<void> {
    const { produced, sessionId, messageId } = writing
    await this.#at.store.flush(messageId)
    const message = await this.#at.storage.message(sessionId, messageId).catch(passing)
    if (message?.status === 'open') writing.acknowledged = produced
  }
}

/** What an agent takes as the end of its run. */
function isOver(error: unknown): boolean {
  return (
    error instanceof CaughtupError && (error.code === 'CONFLICT' || error.code === 'UNAVAILABLE')
  )
}

/** Failures of the database that a reader lives with. */
export function passing(error: unknown): undefined {
  if (!(error instanceof StorageError)) throw error
}
