import { CaughtupError, excerpt } from '@caughtup/schema'

import type { ForeignRow } from '../reconcile/foreign-row.ts'
import { isRecord } from './bad-value.ts'
import { detectFormat } from './detect-format.ts'
import { OpenAiConversation } from './openai/openai-conversation.ts'
import { parseLine } from './parse-line.ts'
import { type Line, maxLineBytes, readLines } from './read-lines.ts'
import { noteOthers } from './note-others.ts'
import type { Conversation, Note, TranscriptFormat, TranscriptItem } from './transcript.ts'
import { UiConversation } from './ui/ui-conversation.ts'

const MiB = 1024 * 1024

export interface ReadOptions {
  /** @default the format of the first line that can be read */
  format?: TranscriptFormat
  /**
   * The file is not being written any more: its last message is taken in whatever state it is.
   *
   * @default false
   */
  final?: boolean
  /** The most that the messages of one conversation may take in the file. @default 256 MiB */
  maxBytes?: number
}

/**
 * Reads JSON Lines. A line is a message of the file's one conversation, or has a conversation of
 * its own as `{ "messages": […] }`. A bad line costs no other.
 *
 * The messages of one conversation are held until it ends; nothing else is.
 *
 * @throws CaughtupError `TOO_LARGE` when they take more than `maxBytes`; whatever the source throws
 */
export async function* readTranscript(
  source: AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): AsyncGenerator<TranscriptItem, void, undefined> {
  const reader = new TranscriptReader(options)
  for await (const line of readLines(source)) yield* reader.read(line)
  yield* reader.end()
}

class TranscriptReader {
  readonly #final: boolean
  readonly #maxBytes: number
  #format: TranscriptFormat | undefined
  /** Of the lines that are messages. */
  #own: { conversation: Conversation; line: number; bytes: number } | undefined

  constructor({ format, final = false, maxBytes = 256 * MiB }: ReadOptions) {
    this.#format = format
    this.#final = final
    this.#maxBytes = maxBytes
  }

  *read({ number, bytes, ended }: Line): Generator<TranscriptItem, void, undefined> {
    if (!bytes) {
      yield { type: 'refused', line: number, message: `It is longer than ${maxLineBytes} bytes.` }
      return
    }
    const notes = new Set<string>()
    const note: Note = (what) => notes.add(what)
    let parsed = false
    try {
      const value = parseLine(bytes)
      parsed = true
      if (isRecord(value) && Array.isArray(value['messages'])) {
        yield* this.#readConversation(number, value, value['messages'], note)
      } else if (value !== undefined) {
        this.#add(number, value, bytes.length, note)
      }
    } catch (error) {
      const torn = !parsed && !ended && !this.#final
      const message = refusal(error)
      yield torn ? { type: 'torn', line: number } : { type: 'refused', line: number, message }
      return
    }
    for (const message of notes) yield { type: 'note', line: number, message }
  }

  *end(): Generator<TranscriptItem, void, undefined> {
    if (!this.#own) return
    const { conversation, line } = this.#own
    yield { type: 'conversation', line, rows: this.#rows(conversation) }
  }

  #add(line: number, value: unknown, size: number, note: Note): void {
    const format = this.#formatOf(value)
    const own = this.#own ?? { conversation: conversationIn[format](), line, bytes: 0 }
    if (own.bytes + size > this.#maxBytes) {
      throw new CaughtupError(
        'TOO_LARGE',
        `The messages up to line ${line} take more than ${this.#maxBytes} bytes.`,
        { field: 'maxBytes', limit: this.#maxBytes },
      )
    }
    own.conversation.add(value, size, note)
    own.bytes += size
    // Only now: a line that could not be read decides nothing.
    this.#format = format
    this.#own = own
  }

  *#readConversation(
    line: number,
    { title, ...rest }: Record<string, unknown>,
    messages: readonly unknown[],
    note: Note,
  ): Generator<TranscriptItem, void, undefined> {
    const format = this.#formatOf({ messages })
    const conversation = conversationIn[format]()
    for (const [index, value] of messages.entries()) {
      try {
        conversation.add(value, Buffer.byteLength(JSON.stringify(value)), note)
        this.#format = format
      } catch (error) {
        yield { type: 'refused', line, message: `messages.${index}: ${refusal(error)}` }
      }
    }
    noteOthers(rest, ['id', 'messages'], note)
    const rows = this.#rows(conversation)
    yield { type: 'conversation', line, ...(typeof title === 'string' && { title }), rows }
  }

  #formatOf(value: unknown): TranscriptFormat {
    const format = this.#format ?? detectFormat(value)
    if (format) return format
    throw new CaughtupError(
      'BAD_INPUT',
      `It is neither a UI message nor an OpenAI chat message: ${excerpt(value)}`,
      { value: excerpt(value) },
    )
  }

  #rows(conversation: Conversation): ForeignRow[] {
    const rows = conversation.rows()
    return this.#final ? rows.map((row) => ({ ...row, complete: true })) : rows
  }
}

const conversationIn: Record<TranscriptFormat, () => Conversation> = {
  ui: () => new UiConversation(),
  openai: () => new OpenAiConversation(),
}

/** Why a line is not imported; what is not about the line is thrown on. */
function refusal(error: unknown): string {
  if (error instanceof CaughtupError && error.code === 'BAD_INPUT') return error.message
  throw error
}
