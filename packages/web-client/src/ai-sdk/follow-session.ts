import { isAwaited } from '@caughtup/schema/fold'
import type { Message } from '@caughtup/schema'
import type { ChatStatus } from 'ai'

import type { SessionSnapshot } from '../session/session-snapshot.ts'
import { type ChatMessage, messageOfPending, messageOfQueued } from './chat-message.ts'
import type { ChatTies } from './chat-ties.ts'
import type { SessionTransport } from './session-transport.ts'
import { answersIn } from './tool-answers.ts'

/** The `Chat` of `@ai-sdk/react`, `@ai-sdk/vue` or another package of the AI SDK. */
export interface FollowingChat {
  readonly id: string
  messages: ChatMessage[]
  readonly status: ChatStatus
  resumeStream(): Promise<void>
}

/** In ms: how long a chat may take with what a stream told it, before it is looked at again. */
const settling = 20

/**
 * Shows a chat what happens in its session, and not only what it asked for itself: the messages that are
 * there, turns of other devices, answers that go on when the page is opened, older pages that are loaded,
 * changes of the history; and, as messages with `metadata.prompt`, the prompts that wait or have failed.
 *
 * Returns the function that ends it. The stream of the session is open until then.
 */
export function followSession(chat: FollowingChat, transport: SessionTransport): () => void {
  const view = transport.session(chat.id)
  const { clock } = view.context
  const ties = transport.ties(chat.id)
  const prompts = new PromptMessages()
  let isResuming = false
  let isOver = false
  let cancel = () => {}

  const look = () => {
    if (isOver || ties.isChanging) return
    const snapshot = view.getSnapshot()
    const unsent = prompts.of(snapshot)
    // Before anything has come the chat keeps what it was made with.
    const told =
      snapshot.stale && snapshot.messages.length === 0
        ? chat.messages.filter(({ id }) => unsent.every((prompt) => prompt.id !== id))
        : snapshot.messages.map((message) => shown(message, chat, ties))
    const messages = [...told, ...unsent]
    if (!isEach(messages, chat.messages)) chat.messages = messages
    if (ties.streams.size > 0) return
    // What it was told last, it has yet to take, and then shows its own copy of that.
    if (chat.status === 'submitted' || chat.status === 'streaming') lookLater()
    else resume(snapshot)
  }

  /** Only a stream tells a chat that an answer is being written, or that it has to make a call. */
  const resume = ({ stale, run, messages }: SessionSnapshot) => {
    if (stale || isResuming || run?.kind !== 'agent') return
    const answer = messages.findLast(({ metadata, role }) => {
      return role === 'assistant' && metadata.runId === run.id
    })
    if (run.status === 'waiting' && (!answer || ties.wasTold(answer))) return
    isResuming = true
    void chat.resumeStream().finally(() => {
      isResuming = false
      lookLater()
    })
  }

  /** When the chat has taken what it was told. */
  const lookLater = () => {
    cancel()
    cancel = clock.after(settling, look)
  }

  ties.changed = lookLater
  const leave = view.subscribe(look)
  look()
  return () => {
    isOver = true
    ties.changed = () => {}
    cancel()
    leave()
  }
}

/** A message as a chat shows it: its own copy while it is told of it, or has answers that were not sent. */
function shown(message: Message, chat: FollowingChat, ties: ChatTies): ChatMessage {
  const isTold = [...ties.streams].some(({ messageId }) => messageId === message.id)
  if (!isTold && !message.parts.some(isAwaited)) return message
  const copy = chat.messages.findLast(({ id }) => id === message.id)
  return copy && (isTold || answersIn(copy, message).size > 0) ? copy : message
}

/** Prompts as messages, which stay the same objects while the prompts do. */
class PromptMessages {
  readonly #made = new WeakMap<object, ChatMessage>()

  of({ queue, pending }: SessionSnapshot): ChatMessage[] {
    const waiting = queue.flatMap((queued) => {
      const message = this.#made.get(queued) ?? messageOfQueued(queued)
      if (message) this.#made.set(queued, message)
      return message ?? []
    })
    const unsent = pending.map((prompt) => {
      const message = this.#made.get(prompt) ?? messageOfPending(prompt)
      this.#made.set(prompt, message)
      return message
    })
    return [...waiting, ...unsent]
  }
}

function isEach(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index])
}
