import { type ChatFrame, encodeCursor, type Event } from '@caughtup/schema'
import { isPlainText, textFrameOf } from '@caughtup/schema/fold'
import type { EventBatch, Store } from '@caughtup/store'

import { eventsFrame } from './chat-frames.ts'
import type { Priced } from '../host/price.ts'
import type { SentFrame } from '../streams/sent-frame.ts'

/** More messages than sessions have open at once. Beyond it, the one noted first is forgotten. */
const mostOrders = 100

/**
 * The frames of a session's live events, one per batch: `text` if all that the batch does is append
 * text, else `events`. A batch gives the same object each time, so that it is encoded once for all
 * subscribers.
 *
 * A `text` frame names its message by the order, which an event lacks. It is known from the message's
 * creation, or asked of the store once.
 */
export class LiveFrames {
  readonly #store: Pick<Store, 'head'>
  readonly #sessionId: string
  readonly #priced: Priced
  /**
   * By message id, until the message is finished; `undefined` if the store had no such open message. An
   * entry cannot become wrong, because neither an id nor an order is used twice.
   */
  readonly #orders = new Map<string, number | undefined>()
  /** By the events of a batch, which all its followers share. */
  readonly #frames = new WeakMap<
    readonly Event[],
    SentFrame<ChatFrame> | Promise<SentFrame<ChatFrame>>
  >()

  constructor(store: Pick<Store, 'head'>, sessionId: string, priced: Priced) {
    this.#store = store
    this.#sessionId = sessionId
    this.#priced = priced
  }

  /**
   * The frame of the next batch, or of one that was passed before. It is a promise only for the first
   * text of a message whose creation did not pass here: the store is asked for the order.
   *
   * @throws what `store.head` throws; a later call for the batch asks again
   */
  of(batch: EventBatch): SentFrame<ChatFrame> | Promise<SentFrame<ChatFrame>> {
    const made = this.#frames.get(batch.events)
    if (made) return made
    const frame = this.#make(batch)
    this.#frames.set(batch.events, frame)
    return frame
  }

  #make(batch: EventBatch): SentFrame<ChatFrame> | Promise<SentFrame<ChatFrame>> {
    const { events } = batch
    const [event] = events
    if (events.length !== 1 || !event || !isPlainText(event)) {
      for (const one of events) this.#note(one)
      return eventsFrame(batch, this.#priced)
    }
    const { messageId } = event
    const frame = (order: number | undefined): SentFrame<ChatFrame> =>
      order === undefined
        ? eventsFrame(batch, this.#priced)
        : { frame: textFrameOf(event, order), id: encodeCursor(batch.cursor) }
    if (this.#orders.has(messageId)) return frame(this.#orders.get(messageId))
    return this.#ask(messageId).then(
      (order) => {
        const sent = frame(order)
        this.#frames.set(batch.events, sent)
        return sent
      },
      (error: unknown) => {
        this.#frames.delete(batch.events)
        throw error
      },
    )
  }

  async #ask(messageId: string): Promise<number | undefined> {
    const { open } = await this.#store.head(this.#sessionId)
    const order = open.find(({ id }) => id === messageId)?.order
    this.#remember(messageId, order)
    return order
  }

  #note(event: Event): void {
    if (event.type === 'message-created' && event.message.status === 'open') {
      this.#remember(event.message.id, event.message.order)
    }
    if (event.type === 'message-finished') this.#orders.delete(event.messageId)
  }

  #remember(messageId: string, order: number | undefined): void {
    this.#orders.set(messageId, order)
    const [oldest] = this.#orders.keys()
    if (this.#orders.size > mostOrders && oldest !== undefined) this.#orders.delete(oldest)
  }
}
