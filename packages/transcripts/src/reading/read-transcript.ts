import { CaughtupError } from '@caughtup/schema'

import { isRecord, jsonBytes } from '../base/values.ts'
import type { TranscriptFormat, Unfolded } from '../conversation/format.ts'
import { formatOfConversation, formats } from '../formats/formats.ts'
import { ConversationReader, type Message, refusal } from './conversation-reader.ts'
import { noteOthers, Remarks } from '../conversation/remarks.ts'
import { parseLine } from '../base/parse-line.ts'
import { maxLineBytes } from './read-lines.ts'
import { readTime } from '../base/read-time.ts'
import { type FileValue, readValues } from './read-values.ts'
import type { Note, TranscriptItem } from '../conversation/transcript.ts'

const MiB = 1024 * 1024

export interface ReadOptions {
  /** @default told from what is there */
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
 * Reads a file of JSON Lines, one array, or one object. A value of it is a message of the file's one
 * conversation, or a conversation of its own: an export's, a list of messages, or an object with a
 * list of them as `messages`. A bad value costs no other.
 *
 * The messages of one conversation are held until it ends; nothing else is.
 *
 * @throws CaughtupError `TOO_LARGE` when they take more than `maxBytes`; whatever the source throws
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
 * What {@link readTranscript} finds in values that were parsed already: messages of one
 * conversation, or conversations. All of it has line 1.
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
  /** Of the values that are messages. */
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
  }: FileValue): Generator<TranscriptItem, void, undefined> {
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

  /** What a value consists of, unless it is a message. */
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
    noteOthers(rest, ['id'], note, 'of the conversation, ')
    const time = readTime(createdAt, 's')
    // Anthropic's requests have it beside the messages.
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
