import type { Message } from '@caughtup/schema'

import { Listeners } from '../core/listeners.ts'
import type { View } from '../live/published.ts'
import type { SessionView } from './session-view.ts'

/**
 * The view of one message of a session; its snapshot is `undefined` while the session's view shows no
 * message of that id. While it has subscribers the session's stream is open.
 *
 * All of a session's message views share one subscription, and each notifies of its own message alone:
 * while an answer streams, a page with a view for each of its messages draws one of them.
 */
export function messageView(session: SessionView, messageId: string): View<Message | undefined> {
  const messages = messagesOf(session)
  return {
    subscribe: (listener) => messages.subscribe(messageId, listener),
    getSnapshot: () => messages.find(messageId),
  }
}

/** Beside the session's view and not in it, so that only pages that use it have it in their bundle. */
const known = new WeakMap<SessionView, SessionMessages>()

function messagesOf(session: SessionView): SessionMessages {
  const messages = known.get(session) ?? new SessionMessages(session)
  known.set(session, messages)
  return messages
}

/** The listeners of a session's messages, by message. */
class SessionMessages {
  readonly #session: Pick<SessionView, 'getSnapshot' | 'subscribe' | 'context'>
  readonly #listeners = new Map<string, Listeners>()
  /** The messages of which the listeners know. */
  #told: readonly Message[] = []
  #leave = () => {}
  /** Where each message was when they were last indexed. */
  #places = new Map<string, number>()
  #indexed: WeakRef<readonly Message[]> | undefined

  constructor(session: SessionView) {
    this.#session = session
  }

  find(messageId: string): Message | undefined {
    const { messages } = this.#session.getSnapshot()
    const message = this.#at(messages, messageId)
    // Messages keep their places while an answer streams, although their array is a new one.
    if (message || this.#indexed?.deref() === messages) return message
    this.#places = new Map(messages.map(({ id }, index) => [id, index]))
    this.#indexed = new WeakRef(messages)
    return this.#at(messages, messageId)
  }

  subscribe(messageId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(messageId) ?? new Listeners(this.#session.context.clock)
    if (this.#listeners.size === 0) this.#enter()
    this.#listeners.set(messageId, listeners)
    const remove = listeners.add(listener)
    return () => {
      if (!remove() || listeners.size > 0) return
      this.#listeners.delete(messageId)
      if (this.#listeners.size > 0) return
      this.#told = []
      this.#leave()
    }
  }

  #enter(): void {
    this.#leave = this.#session.subscribe(this.#changed)
    this.#told = this.#session.getSnapshot().messages
  }

  #at(messages: readonly Message[], messageId: string): Message | undefined {
    const message = messages[this.#places.get(messageId) ?? -1]
    return message?.id === messageId ? message : undefined
  }

  readonly #changed = (): void => {
    const told = this.#told
    const { messages } = this.#session.getSnapshot()
    this.#told = messages
    for (let place = 0; place < Math.max(told.length, messages.length); place++) {
      const [before, now] = [told[place], messages[place]]
      if (before === now) continue
      if (before?.id !== now?.id) this.#notify(before)
      this.#notify(now)
    }
  }

  #notify(message: Message | undefined): void {
    if (message) this.#listeners.get(message.id)?.notify()
  }
}
