import { CaughtupError, preview } from '@caughtup/schema'

import { isRecord } from '../base/values.ts'
import type { TranscriptFormat } from '../conversation/transcript.ts'
import { formatNames, formatOfMessage, formats } from '../formats/formats.ts'
import { Remarks } from '../conversation/remarks.ts'
import type { Conversation, Heading, TranscriptItem } from '../conversation/transcript.ts'
import { endedRows } from '../conversation/turns.ts'

export interface Message {
  value: unknown
  /** Its size in the file. */
  bytes: number
  line: number
  /** A prefix for errors, if the line alone does not tell its place: `messages.3: `. */
  place: string
}

/** The format of messages that fit several: in this one a role and a text are a message. */
const plain: TranscriptFormat = 'openai'

/**
 * Reads the messages of one conversation. They wait until one of them reveals the format; a later
 * message of another format is refused.
 */
export class ConversationReader {
  readonly #final: boolean
  readonly #isGiven: boolean
  #format: TranscriptFormat | undefined
  #conversation: Conversation | undefined
  #waiting: Message[] = []

  /** @param format - the format of all messages, if it is given and not detected */
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

  /** Yields the conversation, unless it has no rows. */
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

/** Why a message is not imported; rethrows an error that is not about the message. */
export function refusal(error: unknown): string {
  if (error instanceof CaughtupError && error.code === 'BAD_INPUT') return error.message
  throw error
}

function refused({ line, place }: Message, message: string): TranscriptItem {
  return { type: 'refused', line, message: `${place}${message}` }
}

function otherFormat(shown: TranscriptFormat, format: TranscriptFormat): string {
  return `It is in the format ${shown} (${formats[shown].title}), but the messages before it are in the format ${format}. Import it separately, or pass --format.`
}

/** Whether a value resembles a message, so that its own error is more useful than its format's. */
function isKnown(value: unknown): boolean {
  if (!isRecord(value)) return true
  if (formatOfMessage(value) !== undefined) return true
  return 'role' in value && !Array.isArray(value['parts'])
}

function unknown(value: unknown): string {
  const gemini =
    isRecord(value) && Array.isArray(value['parts']) ? ' Gemini contents are not supported.' : ''
  return `It is not a message in a supported format (${formatNames.join(', ')}).${gemini} It begins: ${preview(value)}`
}
