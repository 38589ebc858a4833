import type { Event } from '@caughtup/schema'
import { isStreaming } from '@caughtup/schema/event'

import { Broker, type BrokerOptions } from './broker.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import type { StoreUpdate } from './store-update.ts'

type Taken = Extract<SliceResult, { events: unknown }>

/** Publishes the changes of commits, in their order, and tracks which messages are open. */
export class StoreUpdates {
  readonly broker: Broker<StoreUpdate>
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

  /** Returns a promise that the commit's caller must also await, if any. */
  committed(
    { sessionId, drafts }: Pick<Slice, 'sessionId' | 'drafts'>,
    result: Taken,
    structural: boolean,
  ): Promise<void> | undefined {
    for (const event of result.events) this.#note(sessionId, event)
    if (!this.broker.hasSubscribers) return undefined
    const kept = drafts.some(
      (draft) => draft.type === 'history-truncated' && draft.keep !== undefined,
    )
    const updates = updatesOf(sessionId, result, kept)
    if (structural) return this.#mustDeliver(updates)
    for (const update of updates) this.broker.publish(update)
    return undefined
  }

  /** A fork is complete. */
  forked(sessionId: string, from: string): Promise<void> {
    return this.#mustDeliver([{ type: 'forked', sessionId, from }])
  }

  deleted(sessionId: string): Promise<void> {
    this.forget(sessionId)
    return this.#mustDeliver([{ type: 'session-deleted', sessionId }])
  }

  /** This process no longer writes the session's open messages. */
  forget(sessionId: string): void {
    this.#open.delete(sessionId)
  }

  #note(sessionId: string, event: Event): void {
    if (!isStreaming(event)) return
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
    }
  }

  #opened(sessionId: string, messageId: string): void {
    const open = this.#open.get(sessionId)
    if (open) open.add(messageId)
    else this.#open.set(sessionId, new Set([messageId]))
  }

  /** Offers all updates before it waits, so that they share one timeout. */
  async #mustDeliver(updates: readonly StoreUpdate[]): Promise<void> {
    await Promise.all(updates.map((update) => this.broker.publishMustDeliver(update)))
  }
}

/** A change of history, which is first in its slice, then the state of each message after it. */
function updatesOf(sessionId: string, { events, messages }: Taken, kept: boolean): StoreUpdate[] {
  const changes: StoreUpdate[] = []
  const told = new Set<string>()
  for (const event of events) {
    const change = changeOf(sessionId, event, messages, kept)
    if (!change) continue
    changes.push(change)
    if ('messages' in change && change.messages) for (const { id } of change.messages) told.add(id)
  }
  const states = messages.filter(({ id }) => !told.has(id))
  return [
    ...changes,
    ...states.map((message) => ({ type: 'message', sessionId, message }) as const),
  ]
}

/** The update for an event that is more than new states of messages. */
function changeOf(
  sessionId: string,
  event: Event,
  messages: Taken['messages'],
  kept: boolean,
): StoreUpdate | undefined {
  const { seq } = event
  switch (event.type) {
    case 'message-deleted':
      return { type: event.type, sessionId, seq, messageId: event.messageId }
    case 'message-erased':
      return { type: event.type, sessionId, seq, messageIds: event.messageIds }
    case 'history-truncated':
      return { type: event.type, sessionId, seq, after: event.after, kept }
    case 'history-restored': {
      const { after, messages: restored } = event
      return { type: event.type, sessionId, seq, after, ...(restored && { messages: restored }) }
    }
    case 'imported': {
      const { first, last } = event
      const imported = messages.filter(({ order }) => order >= first && order <= last)
      return { type: event.type, sessionId, seq, messages: imported }
    }
    case 'message-created':
    case 'message-delta':
    case 'message-finished':
    case 'message-replaced':
    case 'boundary':
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'queue-changed':
    case 'usage':
    case 'forked':
    case 'redacted':
    case 'unreadable':
      return undefined
  }
}
