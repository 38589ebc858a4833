import type { PromptPart, SendInput, SendResult, Session } from '@caughtup/schema'
import { v7 as uuid } from 'uuid'

import type { CallLimit } from '../access/call-limit.ts'
import type { QueuedPrompt } from '../agent/agent-run.ts'
import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import type { Runs } from '../runs/runs.ts'
import { earlierPrompt, messageGone } from './earlier-prompt.ts'
import { OneByOne } from './one-by-one.ts'
import { askedOf, contentOf, keptOf } from './prompt-input.ts'
import { assertPrompt } from './prompt-limits.ts'
import type { SessionTitle } from './session-title.ts'

/** The input of `messages.send`, checked. */
interface ReadPrompt {
  prompt: Omit<QueuedPrompt, 'kind' | 'runId' | 'queuedAt' | 'author'> & { parts: PromptPart[] }
  whenBusy: NonNullable<SendInput['whenBusy']>
}

/** Accepts prompts. Sending a `messageId` again creates no second message and returns the same result. */
export class SendMessage {
  readonly #settings: Settings
  readonly #runs: Runs
  readonly #rate: CallLimit
  readonly #titles: SessionTitle
  readonly #calls = new OneByOne()

  constructor(settings: Settings, around: { runs: Runs; rate: CallLimit; titles: SessionTitle }) {
    this.#settings = settings
    this.#runs = around.runs
    this.#rate = around.rate
    this.#titles = around.titles
  }

  /**
   * What is sent, whatever the session.
   *
   * @throws CaughtupError `BAD_INPUT`, `TOO_LARGE`
   */
  async read(input: SendInput): Promise<ReadPrompt> {
    const { parts, field } = contentOf(input)
    assertPrompt(parts, field, this.#settings)
    const kept = await keptOf(input, this.#settings)
    const { messageId = uuid(), whenBusy = 'queue' } = input
    const asked = askedOf(input, this.#settings)
    return { prompt: { messageId, parts, ...asked, ...kept }, whenBusy }
  }

  /**
   * @throws CaughtupError `NOT_FOUND`, `LIMIT_EXCEEDED`, and `CONFLICT` (`message-id-reused`,
   *   `message-gone`) if the id belongs to a message with other content, or to one that was removed
   */
  async send(
    session: Session,
    { prompt: read, whenBusy }: ReadPrompt,
    principal: Principal,
  ): Promise<SendResult> {
    await this.#rate.take(principal.id)
    const prompt = { ...read, author: principal.id }
    const { messageId } = prompt
    return this.#calls.call(`${session.id} ${messageId}`, () =>
      this.#sendOnce(session, prompt, whenBusy, principal),
    )
  }

  async #sendOnce(
    session: Session,
    prompt: Omit<QueuedPrompt, 'kind' | 'runId' | 'queuedAt'> & { parts: PromptPart[] },
    whenBusy: ReadPrompt['whenBusy'],
    principal: Principal,
  ): Promise<SendResult> {
    const { messageId } = prompt
    const { store } = this.#settings
    const earlier = await earlierPrompt(store, session.id, prompt)
    if (earlier) return earlier
    const runId = uuid()
    const queued = {
      kind: 'agent' as const,
      runId,
      ...prompt,
      queuedAt: store.clock.now(),
      ...(whenBusy === 'steer' && { steer: true as const }),
    }
    const outcome =
      whenBusy === 'interrupt'
        ? await this.#runs.submitNow(session.id, queued)
        : await this.#runs.submit(session.id, queued)
    if (outcome !== 'started' && outcome !== 'queued') {
      const meanwhile = await earlierPrompt(store, session.id, prompt)
      if (meanwhile) return meanwhile
      // Also when the message is hidden: it keeps its id.
      throw messageGone('messageId', messageId)
    }
    await this.#titles.name(session, prompt.parts, principal)
    return { messageId, runId, queued: outcome === 'queued' }
  }
}
