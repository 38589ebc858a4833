import { CaughtupError, preview } from '@caughtup/schema'

import { isRecord } from '../base/values.ts'
import type { TranscriptFormat } from '../conversation/format.ts'
import { formatNames, formatOfMessage, formats } from '../formats/formats.ts'
import { Remarks } from '../conversation/remarks.ts'
import type { Conversation, Heading, TranscriptItem } from '../conversation/transcript.ts'
import { endedRows } from '../conversation/turns.ts'

export interface Message {
  value: unknown
  /** What it took in the file. */
  bytes: number
  line: number
  /** Where it stands, where the line does not say so: `messages.3: `. */
  place: string
}

/** What messages that tell of no format are read as: there, a role and its text are a message. */
const plain: TranscriptFormat = 'openai'

/**
 * The messages of one conversation. They wait until one of them shows the format; one that shows
 * another format afterwards is refused.
 */
export class ConversationReader {
  readonly #final: boolean
  readonly #isGiven: boolean
  #format: TranscriptFormat | undefined
  #conversation: Conversation | undefined
  #waiting: Message[] = []

  /** @param format - of all messages, whatever they look like */
  constructor({ format, final }: { format: TranscriptFormat | undefined; final: boolean }) {
    this.#isGiven = format !== undefined
    this.#format = format
    this.#final = final
  }

  *add(message: Message): Generator<TranscriptItem, void, undefined> {
    const shown = this.#isGiven ? this.#format : formatOfMessage(message.value)
    this.#format ??= shown
    if (!this.#format) {
      this.#waiting.push(message)
      return
    }
    yield* this.#readWaiting(this.#format)
    const isOther = shown !== undefined && shown !== this.#format
    if (isOther) yield refused(message, otherFormat(shown, this.#format))
    else yield* this.#read(message, this.#format)
  }

  /** The conversation, unless nothing of it was read. */
  *end(line: number, heading: Heading): Generator<TranscriptItem, void, undefined> {
    const format = this.#format ?? plain
    yield* this.#readWaiting(format)
    const remarks = new Remarks()
    const rows = this.#conversation?.rows(remarks) ?? []
    yield* remarks.items(line)
    if (rows.length === 0) return
    const said = { ...this.#conversation?.heading?.(), ...heading }
    yield {
      type: 'conversation',
      line,
      format,
      ...said,
      rows: this.#final ? endedRows(rows) : rows,
    }
  }

  *#readWaiting(format: TranscriptFormat): Generator<TranscriptItem, void, undefined> {
    const waiting = this.#waiting
    this.#waiting = []
    for (const message of waiting) yield* this.#read(message, format)
  }

  *#read(message: Message, format: TranscriptFormat): Generator<TranscriptItem, void, undefined> {
    const remarks = new Remarks()
    this.#conversation ??= formats[format].conversation()
    try {
      this.#conversation.add(message.value, message.bytes, remarks)
      yield* remarks.items(message.line)
    } catch (error) {
      yield refused(
        message,
        this.#isGiven || isKnown(message.value) ? refusal(error) : unknown(message.value),
      )
    }
  }
}

/** Why a message is not imported; what is not about the message is thrown on. */
export function refusal(error: unknown): string {
  if (error instanceof CaughtupError && error.code === 'BAD_INPUT') return error.message
  throw error
}

function refused({ line, place }: Message, message: string): TranscriptItem {
  return { type: 'refused', line, message: `${place}${message}` }
}

function otherFormat(shown: TranscriptFormat, format: TranscriptFormat): string {
  return `It is one of the ${formats[shown].title} (${shown}) among those of the format ${format}. Import them by themselves, or say --format.`
}

/** Whether it has the look of a message, so that what is wrong with it can be told. */
function isKnown(value: unknown): boolean {
  if (!isRecord(value)) return true
  if (formatOfMessage(value) !== undefined) return true
  return 'role' in value && !Array.isArray(value['parts'])
}

function unknown(value: unknown): string {
  const gemini =
    isRecord(value) && Array.isArray(value['parts']) ? ' Contents of Gemini are not read.' : ''
  return `It is a message of no format that is read (${formatNames.join(', ')}).${gemini} It begins: ${preview(value)}`
}
