import {
  CaughtupError,
  type Message,
  type ResendInput,
  type RetryInput,
  type RetryResult,
  type SendResult,
  type Session,
} from '@caughtup/schema'
import { refusalError } from '@caughtup/store'
import { v7 as uuid } from 'uuid'

import type { Access } from '../access/access.ts'
import type { CallLimit } from '../access/call-limit.ts'
import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import type { Submitted } from '../runs/run-queue.ts'
import type { Runs } from '../runs/runs.ts'
import { earlierPrompt, idReused, messageGone } from './earlier-prompt.ts'
import { OneByOne } from './one-by-one.ts'
import { askedOf, contentOf, keptOf } from './prompt-input.ts'
import { assertPrompt } from './prompt-limits.ts'

/**
 * Answers prompts of the newest epoch again, as they are (`retry`) or with another one in their place
 * (`resend`). What was there stays as a hidden version. Both interrupt the active run, and both are
 * done once for an id of the client's.
 */
export class AnswerAgain {
  readonly #settings: Settings
  readonly #access: Access
  readonly #runs: Runs
  readonly #rate: CallLimit
  readonly #calls = new OneByOne()

  constructor(settings: Settings, around: { access: Access; runs: Runs; rate: CallLimit }) {
    this.#settings = settings
    this.#access = around.access
    this.#runs = around.runs
    this.#rate = around.rate
  }

  /**
   * @throws CaughtupError `LIMIT_EXCEEDED`, `NOT_FOUND`, `UNAVAILABLE`, and `CONFLICT`
   *   (`nothing-to-retry`, `message-id-reused`, `message-gone`)
   */
  async retry({ id }: Session, input: RetryInput, principal: Principal): Promise<RetryResult> {
    await this.#rate.take(principal.id)
    const { answerId = uuid() } = input
    return this.#calls.call(`${id} ${answerId}`, async () => {
      const earlier = await this.#earlierAnswer(id, answerId)
      if (earlier) return earlier
      const { prompt, answer } = await this.#promptOf(id, input.messageId)
      // By default the answer is made as the one before was.
      const asked = askedOf({ ...answer?.metadata, ...input }, this.#settings)
      const queued = {
        ...this.#queued(principal),
        messageId: prompt.id,
        parts: [],
        retry: true as const,
        answerId,
        ...asked,
      }
      const outcome = await this.#runs.submitNow(id, queued)
      if (isDuplicate(outcome)) {
        const meanwhile = await this.#earlierAnswer(id, answerId)
        if (meanwhile) return meanwhile
        throw messageGone('answerId', answerId)
      }
      assertSubmitted(outcome, id, prompt.id)
      const { runId } = queued
      return { messageId: prompt.id, answerId, runId, queued: outcome === 'queued' }
    })
  }

  /** @throws CaughtupError as {@link retry}, `BAD_INPUT` and `TOO_LARGE` */
  async resend(session: Session, input: ResendInput, principal: Principal): Promise<SendResult> {
    const { store } = this.#settings
    const { parts, field } = contentOf(input)
    assertPrompt(parts, field, this.#settings)
    const kept = await keptOf(input, this.#settings)
    await this.#rate.take(principal.id)
    const { id } = session
    const { messageId: replaces, newMessageId: messageId = uuid() } = input
    return this.#calls.call(`${id} ${messageId}`, async () => {
      const earlier = await earlierPrompt(store, id, { messageId, parts })
      if (earlier) return earlier
      await this.#access.authorizeMessages(principal, session, [replaces])
      const { prompt } = await this.#promptOf(id, replaces)
      if (prompt.id !== replaces) throw missing(id, replaces)
      const asked = askedOf(input, this.#settings)
      const content = { messageId, parts, ...kept }
      const queued = { ...this.#queued(principal), ...content, replaces, ...asked }
      const outcome = await this.#runs.submitNow(id, queued)
      if (isDuplicate(outcome)) {
        const meanwhile = await earlierPrompt(store, id, { messageId, parts })
        if (meanwhile) return meanwhile
        throw messageGone('newMessageId', messageId)
      }
      assertSubmitted(outcome, id, replaces)
      return { messageId, runId: queued.runId, queued: outcome === 'queued' }
    })
  }

  #queued({ id: author }: Principal) {
    return {
      kind: 'agent',
      runId: uuid(),
      author,
      queuedAt: this.#settings.store.clock.now(),
    } as const
  }

  /** The result of an earlier retry with this id, as of now. */
  async #earlierAnswer(sessionId: string, answerId: string): Promise<RetryResult | undefined> {
    const { store } = this.#settings
    const { head } = await store.head(sessionId)
    for (const run of head.queue) {
      if (run.kind !== 'agent' || run.answerId !== answerId) continue
      return { messageId: run.messageId, answerId, runId: run.runId, queued: true }
    }
    const answer = await store.message(sessionId, answerId)
    if (!answer) return undefined
    const { runId } = answer.metadata
    const prompt = await this.#promptBefore(sessionId, answer)
    if (answer.role !== 'assistant' || runId === undefined || !prompt) {
      throw idReused('answerId', answerId)
    }
    return { messageId: prompt.id, answerId, runId, queued: false }
  }

  /** The prompt that a message is or that it answers, by default the newest one, and its answer. */
  async #promptOf(
    sessionId: string,
    messageId: string | undefined,
  ): Promise<{ prompt: Message; answer: Message | undefined }> {
    const { store } = this.#settings
    const { head } = await store.head(sessionId)
    const named = messageId === undefined ? undefined : await store.message(sessionId, messageId)
    if (messageId !== undefined && named?.epoch !== head.epoch) throw missing(sessionId, messageId)
    const isPrompt = named?.role === 'user'
    const end = { order: Number.MAX_SAFE_INTEGER, epoch: head.epoch }
    const prompt = isPrompt ? named : await this.#promptBefore(sessionId, named ?? end)
    if (!prompt) throw nothingToRetry(sessionId)
    const { messages } = await store.page(sessionId, { after: prompt.order, limit: 1 })
    const [answer] = messages
    return { prompt, answer: answer?.epoch === prompt.epoch ? answer : undefined }
  }

  /** The newest prompt before a message, of its epoch. */
  async #promptBefore(
    sessionId: string,
    { order, epoch }: Pick<Message, 'order' | 'epoch'>,
  ): Promise<Message | undefined> {
    const { store } = this.#settings
    for (let before = order; ;) {
      const page = await store.page(sessionId, { before })
      const prompt = page.messages.findLast(({ role }) => role === 'user')
      if (page.epoch !== epoch) return undefined
      if (prompt) return prompt
      const oldest = page.messages[0]?.order
      if (oldest === undefined || !page.hasOlder) return undefined
      before = oldest
    }
  }
}

function isDuplicate(outcome: Submitted): outcome is 'message-exists' | 'message-gone' {
  return outcome === 'message-exists' || outcome === 'message-gone'
}

/** @throws CaughtupError for a prompt that was removed or hidden before its turn came */
function assertSubmitted(
  outcome: Exclude<Submitted, 'message-exists' | 'message-gone'>,
  sessionId: string,
  messageId: string,
): void {
  if (outcome !== 'started' && outcome !== 'queued') {
    throw refusalError(outcome, { sessionId, messageId })
  }
}

function missing(sessionId: string, messageId: string): CaughtupError {
  return refusalError('message-missing', { sessionId, messageId })
}

function nothingToRetry(sessionId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Session ${sessionId} has no prompt to answer again.`, {
    field: 'sessionId',
    value: sessionId,
    reason: 'nothing-to-retry',
  })
}
