import { isDeepStrictEqual } from 'node:util'

import {
  CaughtupError,
  type PromptPart,
  type SendInput,
  type SendResult,
  type Session,
} from '@caughtup/schema'
import { v7 as uuid } from 'uuid'

import type { RateLimit } from '../access/rate-limit.ts'
import type { QueuedPrompt } from '../agent/agent-run.ts'
import type { Settings } from '../host/server-options.ts'
import type { Principal } from '../host/principal.ts'
import type { Runs } from '../runs/runs.ts'
import { assertPrompt } from './prompt-limits.ts'
import { titleSession } from './session-title.ts'

/** Accepts prompts. Sending a `messageId` again creates no second message and returns the same result. */
export class SendMessage {
  readonly #settings: Settings
  readonly #runs: Runs
  readonly #rate: RateLimit
  /** Calls in progress, by session and message: a repeated call waits for the first one. */
  readonly #underWay = new Map<string, Promise<SendResult>>()

  constructor(settings: Settings, runs: Runs, rate: RateLimit) {
    this.#settings = settings
    this.#runs = runs
    this.#rate = rate
  }

  /**
   * @throws CaughtupError `NOT_FOUND`, `TOO_LARGE`, `LIMIT_EXCEEDED`, and `CONFLICT`
   *   (`message-id-reused`, `message-gone`) if the id belongs to a message with other content, or to
   *   one that was removed
   */
  async send(session: Session, input: SendInput, principal: Principal): Promise<SendResult> {
    const parts = 'text' in input ? [{ type: 'text' as const, text: input.text }] : input.parts
    assertPrompt(parts, 'text' in input ? 'text' : 'parts', this.#settings.limits)
    this.#rate.take(principal.id)
    const { messageId = uuid(), model = this.#settings.model, thinkingLevel } = input
    const prompt = {
      messageId,
      parts,
      author: principal.id,
      ...(model !== undefined && { model }),
      ...(thinkingLevel !== undefined && { thinkingLevel }),
    }
    const key = `${session.id} ${messageId}`
    const sending = this.#after(this.#underWay.get(key), () => this.#sendOnce(session, prompt))
    this.#underWay.set(key, sending)
    try {
      return await sending
    } finally {
      if (this.#underWay.get(key) === sending) this.#underWay.delete(key)
    }
  }

  async #after(
    earlier: Promise<SendResult> | undefined,
    send: () => Promise<SendResult>,
  ): Promise<SendResult> {
    // The earlier call's error belongs to its caller; this one looks for the message itself.
    await Promise.allSettled([earlier])
    return send()
  }

  async #sendOnce(
    session: Session,
    prompt: Omit<QueuedPrompt, 'kind' | 'runId' | 'queuedAt'>,
  ): Promise<SendResult> {
    const { messageId, parts } = prompt
    const earlier = await this.#find(session.id, messageId, parts)
    if (earlier) return earlier
    const { clock } = this.#settings.store
    const runId = uuid()
    const queued = { kind: 'agent', runId, ...prompt, queuedAt: clock.now() } as const
    const outcome = await this.#runs.submit(session.id, queued)
    if (outcome === 'message-exists' || outcome === 'message-gone') {
      const meanwhile = await this.#find(session.id, messageId, parts)
      if (meanwhile) return meanwhile
      // Also when the message was undone: it keeps its id but is hidden.
      throw gone(messageId)
    }
    await titleSession(this.#settings, session, parts)
    return { messageId, runId, queued: outcome === 'queued' }
  }

  /** The result of an earlier call with this id, as of now. */
  async #find(
    sessionId: string,
    messageId: string,
    parts: PromptPart[],
  ): Promise<SendResult | undefined> {
    const { store } = this.#settings
    const { head } = await store.head(sessionId)
    const waiting = head.queue.find((run) => run.kind === 'agent' && run.messageId === messageId)
    if (waiting?.kind === 'agent') {
      if (!isDeepStrictEqual(waiting.parts, parts)) throw reused(messageId)
      return { messageId, runId: waiting.runId, queued: true }
    }
    const message = await store.message(sessionId, messageId)
    if (!message) return undefined
    const { runId } = message.metadata
    if (
      message.role !== 'user' ||
      runId === undefined ||
      !isDeepStrictEqual(message.parts, parts)
    ) {
      throw reused(messageId)
    }
    return { messageId, runId, queued: false }
  }
}

function reused(messageId: string): CaughtupError {
  return new CaughtupError(
    'CONFLICT',
    `The message id ${messageId} is already used for another message.`,
    {
      field: 'messageId',
      value: messageId,
      reason: 'message-id-reused',
    },
  )
}

function gone(messageId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Message ${messageId} was removed from the session.`, {
    field: 'messageId',
    value: messageId,
    reason: 'message-gone',
  })
}
