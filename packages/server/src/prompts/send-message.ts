import { Buffer } from 'node:buffer'
import { isDeepStrictEqual } from 'node:util'

import {
  CaughtupError,
  excerpt,
  type PromptPart,
  type SendInput,
  type Session,
} from '@caughtup/schema'
import { v7 as uuid } from 'uuid'

import type { Access } from '../access/access.ts'
import type { QueuedPrompt } from '../agent/agent-run.ts'
import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/options.ts'
import type { RateLimit } from '../access/rate-limit.ts'
import type { Runs } from '../runs/runs.ts'

/** What `messages.send` answers. */
export interface Sent {
  messageId: string
  runId: string
  queued: boolean
}

/** Takes prompts. The same `messageId` twice is one message and the same answer. */
export class SendMessage {
  readonly #settings: Settings
  readonly #access: Access
  readonly #runs: Runs
  readonly #rate: RateLimit
  /** Calls under way by session and message: a repetition waits and then finds the message. */
  readonly #underWay = new Map<string, Promise<Sent>>()

  constructor(settings: Settings, access: Access, runs: Runs, rate: RateLimit) {
    this.#settings = settings
    this.#access = access
    this.#runs = runs
    this.#rate = rate
  }

  /**
   * @throws CaughtupError `NOT_FOUND`, `TOO_LARGE`, `LIMIT_EXCEEDED`, and `CONFLICT`
   *   (`message-id-reused`, `message-gone`) when the id stands for other content, or for a message
   *   that was removed
   */
  async send(principal: Principal, input: SendInput): Promise<Sent> {
    const session = await this.#access.session(principal, 'messages.send', input.sessionId)
    const parts = 'text' in input ? [{ type: 'text' as const, text: input.text }] : input.parts
    this.#assertLimits(parts, 'text' in input ? 'text' : 'parts')
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

  async #after(earlier: Promise<Sent> | undefined, send: () => Promise<Sent>): Promise<Sent> {
    // How the earlier call ended is its caller's; this one looks for the message itself.
    await Promise.allSettled([earlier])
    return send()
  }

  async #sendOnce(
    session: Session,
    prompt: Omit<QueuedPrompt, 'kind' | 'runId' | 'queuedAt'>,
  ): Promise<Sent> {
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
      // Also where it was undone: it keeps its id, and nobody finds it.
      throw gone(messageId)
    }
    await this.#nameSession(session, parts)
    return { messageId, runId, queued: outcome === 'queued' }
  }

  /** The answer that an earlier call with this id got, as it would be now. */
  async #find(
    sessionId: string,
    messageId: string,
    parts: PromptPart[],
  ): Promise<Sent | undefined> {
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

  /** An untitled session is called what was first asked in it. */
  async #nameSession({ id, title }: Session, parts: PromptPart[]): Promise<void> {
    const text = parts.find((part) => part.type === 'text')?.text ?? ''
    const firstLine = text.trim().split('\n', 1)[0]?.trim() ?? ''
    if (title !== '' || firstLine === '') return
    const name = shortened(firstLine, 60)
    try {
      await this.#settings.store.sessions.update(id, { title: name, ifTitle: '' })
    } catch (error) {
      // The prompt is taken; a session without a title is no reason to say otherwise.
      this.#settings.onError(error, 'titling a session')
    }
  }

  #assertLimits(parts: readonly PromptPart[], field: 'text' | 'parts'): void {
    const { promptBytes, messageParts, messageBytes } = this.#settings.limits
    const texts = parts.map((part) => (part.type === 'text' ? part.text : ''))
    if (parts.every(({ type }) => type === 'text') && texts.join('').trim() === '') {
      throw new CaughtupError('BAD_INPUT', 'The prompt is empty.', { field, value: '' })
    }
    for (const [index, part] of parts.entries()) {
      // Agents hand it to their providers, which take no other: one prompt would end all later ones.
      if (part.type === 'file' && !URL.canParse(part.url)) throw relativeUrl(index, part.url)
    }
    const textBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    assertSize(field, 'bytes of text', textBytes, promptBytes, texts.join(' '))
    assertSize(field, 'parts', parts.length, messageParts, parts)
    assertSize(field, 'bytes', Buffer.byteLength(JSON.stringify(parts)), messageBytes, parts)
  }
}

/** At most `most` UTF-16 units, cut between characters as people see them. */
function shortened(line: string, most: number): string {
  if (line.length <= most) return line
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(line.slice(0, 2 * most))) {
    if (kept.length + segment.length >= most) break
    kept += segment
  }
  return `${kept}…`
}

function assertSize(
  field: string,
  unit: string,
  size: number,
  limit: number,
  value: unknown,
): void {
  if (size <= limit) return
  throw new CaughtupError(
    'TOO_LARGE',
    `The prompt has ${size} ${unit}; at most ${limit} are allowed.`,
    {
      field,
      value: excerpt(value),
      limit,
    },
  )
}

function reused(messageId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Message id ${messageId} stands for another message.`, {
    field: 'messageId',
    value: messageId,
    reason: 'message-id-reused',
  })
}

function gone(messageId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Message ${messageId} was removed from the session.`, {
    field: 'messageId',
    value: messageId,
    reason: 'message-gone',
  })
}

function relativeUrl(index: number, url: string): CaughtupError {
  return new CaughtupError(
    'BAD_INPUT',
    `The file's url must be absolute (https:, data: …), and is ${excerpt(url) || "''"}.`,
    { field: `parts.${index}.url`, value: excerpt(url) },
  )
}
