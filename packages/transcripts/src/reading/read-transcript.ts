import { CaughtupError } from '@caughtup/schema'

import { isRecord, jsonBytes } from '../base/values.ts'
import type { Unfolded } from '../conversation/format.ts'
import type { TranscriptFormat } from '../conversation/transcript.ts'
import { formatOfConversation, formats } from '../formats/formats.ts'
import { ConversationReader, type Message, refusal } from './conversation-reader.ts'
import { noteOthers, Remarks } from '../conversation/remarks.ts'
import { parseLine } from '../base/parse-line.ts'
import { maxLineBytes } from './read-lines.ts'
import { readTime } from '../base/read-time.ts'
import { readValues } from './read-values.ts'
import type { FileValue } from './split-arrays.ts'
import type { Note, TranscriptItem } from '../conversation/transcript.ts'

const MiB = 1024 * 1024

export interface ReadOptions {
  /** @default detected from the messages */
  format?: TranscriptFormat
  /**
   * Whether the file is complete: its last message is then read in whatever state it is.
   *
   * @default false
   */
  final?: boolean
  /** The most bytes that one conversation may take in the file. @default 256 MiB */
  maxBytes?: number
}

/**
 * Reads a file of JSON Lines, one array, or one object. Each value in it is a message of the file's
 * only conversation, or a conversation: one of an export, an array of messages, or an object with an
 * array of them as `messages`. A bad value does not affect the others.
 *
 * Only the messages of one conversation are held in memory, until it ends.
 *
 * @throws CaughtupError `TOO_LARGE` if they take more than `maxBytes`; any error of the source
 */
export async function* readTranscript(
  source: AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): AsyncGenerator<TranscriptItem, void, undefined> {
  const { maxBytes = 256 * MiB } = options
  const reader = new TranscriptReader(options)
  for await (const value of readValues(source, maxBytes)) yield* reader.read(value)
  yield* reader.end()
}

/**
 * Reads parsed values like {@link readTranscript}: messages of one conversation, or conversations.
 * Every item has line 1.
 */
export function readMessages(
  values: readonly unknown[],
  options: ReadOptions = {},
): TranscriptItem[] {
  const reader = new TranscriptReader({ final: true, ...options })
  return [
    ...values.flatMap((value) => [
      ...reader.add({ value, bytes: jsonBytes(value), line: 1, place: '' }),
    ]),
    ...reader.end(),
  ]
}

class TranscriptReader {
  readonly #format: TranscriptFormat | undefined
  readonly #final: boolean
  readonly #maxBytes: number
  /** The conversation of the values that are messages. */
  #own: { reader: ConversationReader; line: number; bytes: number } | undefined

  constructor({ format, final = false, maxBytes = 256 * MiB }: ReadOptions) {
    this.#format = format
    this.#final = final
    this.#maxBytes = maxBytes
  }

  *read({
    line,
    bytes,
    ended,
    index,
    last,
    isStray,
  }: FileValue): Generator<TranscriptItem, void, undefined> {
    if (isStray) {
      yield { type: 'refused', line, message: 'It is outside the arrays of the file.' }
      return
    }
    if (!bytes) {
      const limit = index === undefined ? maxLineBytes : this.#maxBytes
      yield { type: 'refused', line, message: `It is longer than ${limit} bytes.` }
      return
    }
    let value: unknown
    try {
      value = parseLine(bytes)
    } catch (error) {
      const message = refusal(error)
      const isTorn = !ended && !this.#final
      yield isTorn ? { type: 'torn', line } : { type: 'refused', line, message }
      return
    }
    const place = index === undefined ? '' : `[${index}]: `
    if (value !== undefined) yield* this.add({ value, bytes: bytes.length, line, place })
    if (last === true) yield* this.end()
  }

  *add(message: Message): Generator<TranscriptItem, void, undefined> {
    const { value, line, place } = message
    const remarks = new Remarks()
    try {
      const found = this.#unfold(value, remarks)
      if (found) {
        yield* remarks.items(line)
        yield* this.#readConversation(message, found)
      } else yield* this.#addOwn(message)
    } catch (error) {
      yield { type: 'refused', line, message: `${place}${refusal(error)}` }
    }
  }

  *end(): Generator<TranscriptItem, void, undefined> {
    const own = this.#own
    this.#own = undefined
    if (own) yield* own.reader.end(own.line, {})
  }

  *#addOwn(message: Message): Generator<TranscriptItem, void, undefined> {
    const { line, bytes } = message
    this.#own ??= { reader: this.#newReader(this.#format), line, bytes: 0 }
    if (this.#own.bytes + bytes > this.#maxBytes) {
      throw new CaughtupError(
        'TOO_LARGE',
        `The messages up to line ${line} take more than ${this.#maxBytes} bytes.`,
        { field: 'maxBytes', limit: this.#maxBytes },
      )
    }
    this.#own.bytes += bytes
    yield* this.#own.reader.add(message)
  }

  *#readConversation(
    { line, place }: Message,
    { messages, format, ...heading }: Unfolded & { format: TranscriptFormat | undefined },
  ): Generator<TranscriptItem, void, undefined> {
    const reader = this.#newReader(format)
    for (const [index, value] of messages.entries()) {
      yield* reader.add({
        value,
        bytes: jsonBytes(value),
        line,
        place: `${place}messages.${index}: `,
      })
    }
    yield* reader.end(line, heading)
  }

  /** The messages of a value that is a conversation; `undefined` for a message. */
  #unfold(
    value: unknown,
    note: Note,
  ): (Unfolded & { format: TranscriptFormat | undefined }) | undefined {
    const format = this.#format
    if (Array.isArray(value)) return { messages: value, format }
    if (!isRecord(value)) return undefined
    const found = formatOfConversation(value)
    const unfolded = found && formats[found].unfold?.(value, note)
    if (unfolded) return { ...unfolded, format: found }
    const {
      messages,
      title,
      name = title,
      system,
      created_at: created,
      createdAt = created,
      ...rest
    } = value
    if (!Array.isArray(messages)) return undefined
    noteOthers(rest, ['id'], note, 'in the conversation, ')
    const time = readTime(createdAt, 's')
    // Anthropic's requests have the system prompt beside the messages.
    const first = system == null || system === '' ? [] : [{ role: 'system', content: system }]
    return {
      messages: [...first, ...messages],
      format,
      ...(typeof name === 'string' && name !== '' && { title: name }),
      ...(time !== undefined && { createdAt: time }),
    }
  }

  #newReader(format: TranscriptFormat | undefined): ConversationReader {
    return new ConversationReader({ format, final: this.#final })
  }
}
