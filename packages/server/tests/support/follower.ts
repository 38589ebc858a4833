import type { ChatFrame, Event, Message } from '@caughtup/schema'
import { applyEvent, emptyView, eventOfText, headOf, type View } from '@caughtup/schema/fold'
import { getEventMeta } from '@orpc/client'

/** Applies frames like a minimal client; throws on a gap. */
export class Follower {
  view: View = emptyView
  cursor: string | undefined
  /** How many `text` frames came. */
  texts = 0
  #window: Message[] | undefined

  take(frames: readonly ChatFrame[]): void {
    for (const frame of frames) this.#take(frame)
  }

  #take(frame: ChatFrame): void {
    if (frame.type === 'replay' && frame.mode === 'full') {
      this.view = emptyView
      this.#window = []
    } else if (frame.type === 'messages') {
      this.#window?.push(...frame.messages)
    } else if (frame.type === 'events') {
      for (const event of frame.events) this.#apply(event)
      this.cursor = getEventMeta(frame)?.id ?? this.cursor
    } else if (frame.type === 'text') {
      this.texts += 1
      this.#apply(eventOfText(frame, this.view))
      this.cursor = getEventMeta(frame)?.id
    } else if (frame.type === 'caught-up') {
      this.#open(Number(frame.cursor.split('.')[1]))
      this.cursor = frame.cursor
      const { seq, messages, skipped } = this.view
      this.view = { ...headOf({ ...frame, seq }), messages, skipped, hasOlder: frame.hasOlder }
    }
  }

  #apply(event: Event): void {
    this.#open(event.from - 1)
    const { result, view } = applyEvent(this.view, event)
    if (result === 'gap') throw new Error(`A gap before ${event.seq} at ${this.view.seq}.`)
    this.view = view
  }

  /** The window is at the seq before the first event after it, or at the cursor. */
  #open(seq: number): void {
    if (!this.#window) return
    const epoch = this.#window.at(-1)?.epoch ?? 0
    this.view = { ...this.view, messages: this.#window, seq, epoch }
    this.#window = undefined
  }
}
