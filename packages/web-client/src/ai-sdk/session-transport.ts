import type { ChatTransport } from 'ai'
import type { UiChunk } from '@caughtup/schema/chunks'

import type { ChatClient } from '../create-chat-client.ts'
import type { SessionView } from '../session/session-view.ts'
import { answerOfRun } from './answer-place.ts'
import { type Asked, AnswerStream } from './answer-stream.ts'
import {
  hasFailed,
  type PromptOptions,
  resend,
  respond,
  retry,
  sendAgain,
  sendPrompt,
} from './chat-calls.ts'
import type { ChatMessage } from './chat-message.ts'
import { ChatTies } from './chat-ties.ts'
import { revive, untilLive } from './until-live.ts'

type Transport = ChatTransport<ChatMessage>
type Sent = Parameters<Transport['sendMessages']>[0]
type Resumed = Parameters<Transport['reconnectToStream']>[0]

/**
 * Sessions as the chats of the AI SDK have them: `useChat({ id: sessionId, transport })`, and the `Chat` of
 * every framework. The session has to be there.
 *
 * - An answer is a stream that goes on over lost connections and ends with the answer; one that waits for
 *   an answer to a tool call ends, too, and the answers that a chat then sends continue it.
 * - `stop()`, and a chat that is gone, ends the stream and not the answer: `session.interrupt()` does.
 * - Prompts that are sent while an answer is written wait for their turn, as everywhere.
 * - `regenerate` is `retry`, and a message that is sent in place of another one is `resend`: what was there
 *   stays as a version. Of a prompt that failed both send it again.
 * - `body` of a request may have `PromptOptions`; `metadata.custom` of a message is kept with it.
 */
export class SessionTransport implements Transport {
  /** A stream that is resumed tells the answer from its beginning. */
  readonly resumeStreamIsReplay = true
  readonly #client: ChatClient
  readonly #ties = new Map<string, ChatTies>()

  constructor(client: ChatClient) {
    this.#client = client
  }

  sendMessages(sent: Sent): Promise<ReadableStream<UiChunk>> {
    const view = this.session(sent.chatId)
    const ties = this.ties(sent.chatId)
    revive(view)
    const { readable } = this.#stream(
      view,
      ties,
      () => this.#ask(view, ties, sent),
      sent.abortSignal,
    )
    return Promise.resolve(readable)
  }

  async reconnectToStream({
    chatId,
    abortSignal,
  }: Resumed): Promise<ReadableStream<UiChunk> | null> {
    const view = this.session(chatId)
    revive(view)
    const { run } = await untilLive(view, abortSignal)
    if (run?.kind !== 'agent') return null
    const ask = () => Promise.resolve({ place: answerOfRun(run.id) })
    return this.#stream(view, this.ties(chatId), ask, abortSignal).readable
  }

  /** @internal */
  session(chatId: string): SessionView {
    return this.#client.session(chatId)
  }

  /** @internal */
  ties(chatId: string): ChatTies {
    const ties = this.#ties.get(chatId) ?? new ChatTies()
    this.#ties.set(chatId, ties)
    return ties
  }

  #stream(
    view: SessionView,
    ties: ChatTies,
    ask: () => Promise<Asked>,
    signal: AbortSignal | undefined,
  ): AnswerStream {
    const stream = new AnswerStream(view, ask, signal, (message) => ties.tell(message))
    ties.add(stream)
    return stream
  }

  #ask(view: SessionView, ties: ChatTies, sent: Sent): Promise<Asked> {
    const { trigger, messages, messageId, abortSignal } = sent
    const last = messages.at(-1)
    const options = optionsIn(sent.body)
    const now = (id: string) => ties.renamed.get(id) ?? id
    if (trigger === 'regenerate-message') {
      const target = messageId ?? last?.id
      if (target !== undefined && hasFailed(view, target)) return sendAgain(view, target)
      const again = () => retry(view, target && now(target), options)
      return changing(ties, again, [...ties.streams])
    }
    const named = messages.find(({ id }) => id === messageId)
    if (last?.role === 'user' && !named) return sendPrompt(view, last, options)
    // One that waits or failed is named where the chat goes on by itself: it is the last message.
    if (named?.role === 'user' && !named.metadata?.prompt) {
      if (hasFailed(view, named.id)) return sendAgain(view, named.id, named)
      const instead = async () => {
        const { promptId, ...asked } = await resend(view, now(named.id), named, options)
        ties.renamed.set(named.id, promptId)
        return asked
      }
      return changing(ties, instead, [...ties.streams])
    }
    const copy =
      named?.role === 'assistant' ? named : messages.findLast(({ role }) => role === 'assistant')
    if (!copy) return Promise.reject(new TypeError('There is no message to send.'))
    return changing(ties, () => respond(view, copy, abortSignal), [])
  }
}

/**
 * Makes a change that the chat shows already: until the session does, nothing else of it is shown. What the
 * chat was told of the answers that the change takes away is not told any more.
 */
async function changing<T extends Asked>(
  ties: ChatTies,
  change: () => Promise<T>,
  gone: readonly AnswerStream[],
): Promise<T> {
  for (const stream of gone) stream.isMuted = true
  const begun = ties.beginChange()
  try {
    const asked = await change()
    const stop = () => {
      begun()
      asked.stop?.()
      for (const stream of gone) stream.close()
    }
    return { ...asked, begun, stop }
  } catch (error) {
    for (const stream of gone) stream.isMuted = false
    begun()
    throw error
  }
}

/** Of a request's `body`, what a prompt can have; types do not hold callers to it. */
function optionsIn(body: object | undefined): PromptOptions {
  const { model, thinkingLevel, whenBusy }: PromptOptions = { ...body }
  return {
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
    ...(whenBusy !== undefined && { whenBusy }),
  }
}
