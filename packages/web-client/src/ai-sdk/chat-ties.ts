import type { Message } from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'

import type { AnswerStream } from './answer-stream.ts'

/** What goes on between one chat and its session. */
export class ChatTies {
  /** The answers that the chat is being told. */
  readonly streams = new Set<AnswerStream>()
  /** What was last heard of prompts that the chat edited: their present ids, by those that it has. */
  readonly renamed = new Map<string, string>()
  /** Called when a stream or a change is over. */
  changed: () => void = () => {}
  #changes = 0
  /** The calls that the chat was told to answer, by message and part. */
  readonly #told = new Set<string>()

  add(stream: AnswerStream): void {
    this.streams.add(stream)
    stream.onClose(() => {
      this.streams.delete(stream)
      this.changed()
    })
  }

  /** Whether a change is under way that the chat shows already and the session does not. */
  get isChanging(): boolean {
    return this.#changes > 0
  }

  /** Returns what ends the change; ending it twice is harmless. */
  beginChange(): () => void {
    this.#changes++
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#changes--
      this.changed()
    }
  }

  tell(message: Message): void {
    for (const call of callsIn(message)) this.#told.add(call)
  }

  /** Whether the chat was told of all calls of the message that wait. */
  wasTold(message: Message): boolean {
    return callsIn(message).every((call) => this.#told.has(call))
  }
}

function callsIn({ id, parts }: Message): string[] {
  return parts.flatMap((part, index) => (isAwaited(part) ? [`${id} ${index}`] : []))
}
