import type { Event, Message } from '@caughtup/schema'

import { Broker, type BrokerOptions } from './broker.ts'
import type { SliceResult } from '../storage.ts'

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
    for (const event of result.events) this.#note(sessionId, event)
    if (!this.broker.hasSubscribers) return undefined
    const messages = messagesOf(result)
    if (structural) return this.#mustDeliver(sessionId, messages)
    for (const message of messages) this.broker.publish({ sessionId, message })
    return undefined
  }

  /** What the session has open is not this process's any more. */
  forget(sessionId: string): void {
    this.#open.delete(sessionId)
  }

  #note(sessionId: string, event: Event): void {
    switch (event.type) {
      case 'message-created':
        if (event.message.status === 'open') this.#opened(sessionId, event.message.id)
        break
      case 'message-delta':
        this.#opened(sessionId, event.messageId)
        break
      case 'message-finished': {
        const open = this.#open.get(sessionId)
        open?.delete(event.messageId)
        if (open?.size === 0) this.#open.delete(sessionId)
        break
      }
      case 'boundary':
      case 'run-started':
      case 'run-changed':
      case 'run-ended':
      case 'queue-changed':
      case 'usage':
      case 'message-replaced':
      case 'message-deleted':
      case 'history-truncated':
      case 'history-restored':
      case 'imported':
      case 'forked':
      case 'message-erased':
      case 'redacted':
      case 'unreadable':
    }
  }

  #opened(sessionId: string, messageId: string): void {
    const open = this.#open.get(sessionId)
    if (open) open.add(messageId)
    else this.#open.set(sessionId, new Set([messageId]))
  }

  /** Offered together, and waited for together. */
  async #mustDeliver(sessionId: string, messages: readonly Message[]): Promise<void> {
    await Promise.all(
      messages.map((message) => this.broker.publishMustDeliver({ sessionId, message })),
    )
  }
}

/** Each message that the commit changed, once, as it is after it. */
function messagesOf({ events, messages }: Extract<SliceResult, { events: unknown }>): Message[] {
  const written = events.flatMap((event) => {
    if (event.type === 'message-replaced') return event.message
    return event.type === 'history-restored' ? event.messages : []
  })
  if (written.length === 0) return messages
  const states = [...written, ...messages].map((message) => [message.id, message] as const)
  return [...new Map(states).values()]
}
