import type { ChatFrame, Event } from '@caughtup/schema'
import type { EventBatch, Window } from '@caughtup/store'

import { chunks } from './chunks.ts'
import { eventsFrame, eventsFrameWithoutId, messagesFrame } from './chat-frames.ts'
import type { Priced } from '../host/price.ts'
import type { SentFrame } from '../streams/sent-frame.ts'
import { once } from '../streams/once.ts'

type Frame = SentFrame<ChatFrame>

/**
 * The frames of what many streams read alike. The store gives the same objects to all who read the same,
 * and these give the same frames, so that each is encoded once.
 */
export class SharedFrames {
  readonly #frameBytes: number
  readonly #priced: Priced
  readonly #windows = new WeakMap<Window, Frame[]>()
  readonly #withId = new WeakMap<readonly Event[], Frame>()
  readonly #withoutId = new WeakMap<readonly Event[], Frame>()

  constructor({ frameBytes, priced }: { frameBytes: number; priced: Priced }) {
    this.#frameBytes = frameBytes
    this.#priced = priced
  }

  window(window: Window): readonly Frame[] {
    return once(this.#windows, window, () =>
      Array.from(chunks(window.messages, this.#frameBytes), messagesFrame),
    )
  }

  events(batch: EventBatch): Frame {
    return once(this.#withId, batch.events, () => eventsFrame(batch, this.#priced))
  }

  eventsWithoutId(batch: EventBatch): Frame {
    return once(this.#withoutId, batch.events, () => eventsFrameWithoutId(batch, this.#priced))
  }
}
