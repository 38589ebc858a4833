import type { ChatFrame, Event, Message, Part } from '@caughtup/schema'
import { endChunk, messageChunks, type Shown, type UiChunk } from '@caughtup/schema/chunks'
import { applyToMessage, eventOfText } from '@caughtup/schema/fold'

import { shuttingDown } from '../../errors/call-errors.ts'

/** The answer of one run as the chunks that a client of the AI SDK gets of it: a fold over the session's frames. */
export class RunView {
  readonly #runId: string
  #answer: Message | undefined
  #shown: Shown | undefined
  #waiting = false
  #started = false
  /** It left the queue: to start, or for good. */
  #left = false
  #isOver = false

  /** @param going - what the client shows of an answer that goes on */
  constructor(runId: string, going?: { answer: Message; shown: readonly Part[] }) {
    this.#runId = runId
    if (!going) return
    this.#answer = going.answer
    this.#shown = { ...going.answer, parts: [...going.shown] }
    this.#started = true
  }

  /** Whether the client has all that it gets. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** @returns the first chunk of an answer that goes on */
  begin(): UiChunk[] {
    const { id: messageId, metadata } = this.#shown ?? {}
    if (messageId === undefined) return []
    return [{ type: 'start', messageId, messageMetadata: metadata ?? {} }]
  }

  take(frame: ChatFrame): UiChunk[] {
    if (this.#left && !this.#started)
      return this.#end({ type: 'finish', finishReason: 'interrupted' })
    switch (frame.type) {
      case 'caught-up':
        if (frame.run?.id === this.#runId) {
          this.#started = true
          this.#waiting = frame.run.status === 'waiting'
        }
        for (const message of frame.open ?? []) this.#meet(message)
        break
      case 'messages':
        for (const message of frame.messages) this.#meet(message)
        break
      case 'events':
        for (const event of frame.events) this.#apply(event)
        break
      case 'text': {
        const answer = this.#answer
        if (answer?.order !== frame.order) return []
        this.#apply(eventOfText(frame, { epoch: answer.epoch, messages: [answer] }))
        break
      }
      case 'end':
        if (frame.reason === 'shutting-down') throw shuttingDown()
        return this.#end({
          type: 'error',
          errorText: `The chat is not available: ${frame.reason}.`,
        })
      case 'replay':
      case 'transient':
      case 'heartbeat':
        return []
    }
    return this.#chunks()
  }

  /** For an answer that goes on waiting, as not all of its calls have answers. */
  wait(): UiChunk[] {
    this.#waiting = true
    return this.#chunks()
  }

  /** A message that is known as a whole. */
  show(message: Message): UiChunk[] {
    this.#meet(message)
    return this.#chunks()
  }

  #meet(message: Message): void {
    const { id, role, metadata } = message
    if (role !== 'assistant' || metadata.runId !== this.#runId) return
    // Of a run that took a prompt on the way, the first answer that is met: a stream shows one message.
    if (this.#answer && this.#answer.id !== id) return
    this.#started = true
    this.#answer = message
  }

  #apply(event: Event): void {
    const answer = this.#answer
    switch (event.type) {
      case 'message-created':
        return this.#meet(event.message)
      case 'message-delta':
      case 'message-finished':
        if (answer?.id === event.messageId) this.#answer = applyToMessage(answer, event)
        return
      case 'message-replaced':
        return answer?.id === event.message.id ? this.#meet(event.message) : undefined
      case 'message-deleted':
        return this.#gone(answer?.id === event.messageId)
      case 'message-erased':
        return this.#gone(answer !== undefined && event.messageIds.includes(answer.id))
      case 'history-truncated':
        return this.#gone(answer !== undefined && answer.order > event.after)
      case 'run-started':
        if (event.runId === this.#runId) this.#started = true
        return
      case 'run-changed':
        if (event.runId === this.#runId) this.#waiting = event.status === 'waiting'
        return
      case 'run-ended':
        return this.#gone(event.runId === this.#runId && answer === undefined)
      case 'queue-changed':
        if (event.remove === this.#runId) this.#left = true
        return
      case 'boundary':
      case 'history-restored':
      case 'imported':
      case 'forked':
      case 'usage':
      case 'redacted':
      case 'unreadable':
    }
  }

  /** Nothing more comes of the answer. */
  #gone(isGone: boolean): void {
    if (!isGone) return
    this.#answer = undefined
    this.#left = true
    this.#started = false
  }

  #chunks(): UiChunk[] {
    const answer = this.#answer
    if (!answer) return []
    const chunks = messageChunks(this.#shown, answer)
    if (!chunks)
      return this.#end({ type: 'error', errorText: 'The answer was changed. Load it again.' })
    this.#shown = answer
    const end = endChunk(answer, { waiting: this.#waiting })
    if (!end) return chunks
    const isDone = answer.status === 'done' && endsWithCalls(answer)
    return [...chunks, ...(isDone ? [{ type: 'start-step' } as const] : []), ...this.#end(end)]
  }

  #end(chunk: UiChunk): UiChunk[] {
    this.#isOver = true
    return [chunk]
  }
}

/**
 * A client that goes on by itself once all calls of the last step have results would ask the server to go on
 * with an answer that is done. An empty step at its end keeps it from that.
 */
function endsWithCalls({ parts }: Message): boolean {
  const step = parts.findLastIndex(({ type }) => type === 'step-start')
  return parts.slice(step + 1).some(({ type }) => type === 'dynamic-tool')
}
