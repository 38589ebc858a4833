import type { Message } from '@caughtup/schema'
import { endChunk, messageChunks, type Shown, type UiChunk } from '@caughtup/schema/chunks'
import { isAwaited } from '@caughtup/schema/fold'

import { asChatError } from '../core/errors.ts'
import type { SessionSnapshot } from '../session/session-snapshot.ts'
import type { SessionView, Signal } from '../session/session-view.ts'
import type { AnswerPlace } from './answer-place.ts'
import { failureOf } from './until-live.ts'

/** What a stream shows. */
export interface Asked {
  place: AnswerPlace
  /** What the chat shows of it already. @default nothing */
  shown?: Shown
  /** The parts whose calls were answered: the view hears of that later than of the answer to the call. */
  answered?: readonly number[]
  /** Why nothing of it can be added to what the chat shows. @default it can */
  isElsewhere?: 'other' | 'interrupted'
  /** Called when the answer has begun. */
  begun?(): void
  /** Called when the stream is over. */
  stop?(): void
}

/**
 * The chunks of one answer, made of the snapshots of a view as they are asked for. While the view is behind
 * its server nothing comes: a cut is silence, and only the end of the answer ends the stream.
 */
export class AnswerStream {
  readonly readable: ReadableStream<UiChunk>
  /** Whether it says nothing more and only stays open: what it shows is gone. */
  isMuted = false
  readonly #view: SessionView
  readonly #leave: (() => void)[]
  readonly #tell: (message: Message) => void
  #controller: ReadableStreamDefaultController<UiChunk> | undefined
  #asked: Asked | undefined
  #failure: Error | undefined
  #shown: Shown | undefined
  #messageId: string | undefined
  #transient: UiChunk[] = []
  /** Chunks that are ready, one of which is handed over at a time: nothing follows once it is closed. */
  readonly #ready: UiChunk[] = []
  #isEnding = false
  #isClosed = false
  #wake = () => {}

  /**
   * @param ask - makes the call, or finds out what to show; the view is subscribed by then
   * @param tell - called with each state of the message that is shown
   */
  constructor(
    view: SessionView,
    ask: () => Promise<Asked>,
    signal: AbortSignal | undefined,
    tell: (message: Message) => void,
  ) {
    this.#view = view
    this.#tell = tell
    const close = () => this.close()
    const { closed } = view.context
    this.#leave = [view.subscribe(() => this.#wake()), view.onSignal((told) => this.#hear(told))]
    this.#leave.push(() => signal?.removeEventListener('abort', close))
    this.#leave.push(() => closed.removeEventListener('abort', close))
    signal?.addEventListener('abort', close)
    closed.addEventListener('abort', close)
    this.readable = new ReadableStream<UiChunk>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: close,
      },
      { highWaterMark: 0 },
    )
    ask().then(
      (asked) => {
        if (this.#isClosed) asked.stop?.()
        this.#asked = asked
        this.#shown = asked.shown
        this.#messageId = asked.shown?.id
        this.#wake()
      },
      (error: unknown) => {
        this.#failure = asChatError(error)
        this.#wake()
      },
    )
    if (signal?.aborted || closed.aborted) close()
  }

  /** The message that it shows, once it has begun. */
  get messageId(): string | undefined {
    return this.#shown && this.#messageId
  }

  /** Calls the listener when the stream is over, for whatever reason. */
  onClose(listener: () => void): void {
    this.#leave.push(listener)
  }

  close(): void {
    if (this.#isClosed) return
    this.#finish()
    this.#controller?.close()
    this.#wake()
  }

  #finish(): void {
    this.#isClosed = true
    this.#asked?.stop?.()
    for (const leave of this.#leave) leave()
  }

  async #pull(): Promise<void> {
    while (!this.#isClosed) {
      const next = this.isMuted ? undefined : this.#next()
      if (next === 'end') return this.close()
      if (next instanceof Error) {
        this.#finish()
        return this.#controller?.error(next)
      }
      if (next) return this.#controller?.enqueue(next)
      await new Promise<void>((wake) => (this.#wake = wake))
    }
  }

  /** An error comes alone, when all before it was taken: it drops what is still under way. */
  #next(): UiChunk | Error | 'end' | undefined {
    if (this.#ready.length === 0 && !this.#isEnding) {
      const failure = this.#failure ?? this.#look()
      if (failure) return failure
    }
    return this.#ready.shift() ?? (this.#isEnding ? 'end' : undefined)
  }

  /** Makes the chunks of what changed. Returns why the view follows its session no more. */
  #look(): Error | undefined {
    const snapshot = this.#view.getSnapshot()
    if (!this.#asked) return undefined
    if (snapshot.stale) return failureOf(snapshot)
    if (this.#asked.isElsewhere) return this.#end(this.#asked.isElsewhere)
    const message = this.#find(snapshot, this.#asked)
    if (message) return this.#say(message, snapshot, this.#asked)
    // It was removed after it had begun, or it will never begin.
    if (this.#messageId !== undefined) return this.#end('other')
    return this.#asked.place.isOver(snapshot) ? this.#end('interrupted') : undefined
  }

  #find(snapshot: SessionSnapshot, { place }: Asked): Message | undefined {
    const id = this.#messageId
    return id === undefined
      ? place.find(snapshot)
      : snapshot.messages.findLast((message) => message.id === id)
  }

  #say(message: Message, { run }: SessionSnapshot, { answered = [] }: Asked): undefined {
    if (message.parts.some((part, index) => isAwaited(part) && answered.includes(index))) return
    const chunks = messageChunks(this.#shown, message)
    if (!chunks) return this.#end('other')
    this.#shown = message
    this.#messageId = message.id
    this.#asked?.begun?.()
    this.#tell(message)
    this.#ready.push(...chunks, ...this.#transient)
    this.#transient = []
    const waiting =
      run?.status === 'waiting' &&
      run.id === message.metadata.runId &&
      message.parts.some(isAwaited)
    const end = endChunk(message, { waiting })
    if (!end) return undefined
    this.#ready.push(end)
    this.#isEnding = true
    return undefined
  }

  #end(finishReason: 'other' | 'interrupted'): undefined {
    this.#ready.push({ type: 'finish', finishReason })
    this.#isEnding = true
  }

  /** What the agent tells is for those who are there at the moment. */
  #hear({ name, data, from }: Signal): void {
    if (from !== undefined) return
    const type = `data-${name.replace(/^data-/, '')}` as const
    this.#transient.push({ type, data, transient: true })
    this.#wake()
  }
}
