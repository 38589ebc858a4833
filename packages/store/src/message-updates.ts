import type { Message } from '@caughtup/schema'

import { Broker, type BrokerOptions } from './broker.ts'
import type { SliceResult } from './storage.ts'

/** A message as it is after a commit, for code in the same process. */
export interface MessageUpdate {
  sessionId: string
  message: Message
}

/** Publishes what commits did to messages, in the order of commits, and knows which are open. */
export class MessageUpdates {
  readonly broker: Broker<MessageUpdate>
  /** Open messages by session. */
  readonly #open = new Map<string, Set<string>>()

  constructor(options: BrokerOptions) {
    this.broker = new Broker(options)
  }

  get openCount(): number {
    let count = 0
    for (const messages of this.#open.values()) count += messages.size
    return count
  }

  /** Returns what the commit's caller is to wait for besides. */
  committed(
    sessionId: string,
    result: Extract<SliceResult, { events: unknown }>,
    structural: boolean,
  ): Promise<void> | undefined {
    const messages = messagesOf(result)
    for (const message of messages) this.#note(sessionId, message)
    const updates = messages.map((message) => ({ sessionId, message }))
    if (structural) return this.#mustDeliver(updates)
    for (const update of updates) this.broker.publish(update)
    return undefined
  }

  /** What the session has open is not this process's any more. */
  forget(sessionId: string): void {
    this.#open.delete(sessionId)
  }

  #note(sessionId: string, { id, status }: Message): void {
    const open = this.#open.get(sessionId) ?? new Set()
    if (status === 'open') open.add(id)
    else open.delete(id)
    if (open.size > 0) this.#open.set(sessionId, open)
    else this.#open.delete(sessionId)
  }

  /** Offered together, and waited for together. */
  async #mustDeliver(updates: readonly MessageUpdate[]): Promise<void> {
    await Promise.all(updates.map((update) => this.broker.publishMustDeliver(update)))
  }
}

/** Each message that the commit changed, once, as it is after it. */
function messagesOf({ events, messages }: Extract<SliceResult, { events: unknown }>): Message[] {
  const states = new Map<string, Message>()
  for (const event of events) {
    if (event.type === 'message-replaced') states.set(event.message.id, event.message)
    if (event.type !== 'history-restored') continue
    for (const message of event.messages) states.set(message.id, message)
  }
  for (const message of messages) states.set(message.id, message)
  return [...states.values()]
}
