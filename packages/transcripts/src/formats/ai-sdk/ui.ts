import type { Part } from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'

import { readTime } from '../../base/read-time.ts'
import { asRecord, badValue, isRecord } from '../../base/values.ts'
import { assertFits } from '../../conversation/assert-fits.ts'
import type { Format } from '../../conversation/format.ts'
import { keepMetadata } from '../../conversation/metadata.ts'
import type { Conversation, Note } from '../../conversation/transcript.ts'
import { readPart } from './read-part.ts'

export const ui: Format = {
  title: 'UI messages of the AI SDK, 5 and newer',
  // Gemini's parts have no type.
  isMessage: ({ parts, role }) =>
    Array.isArray(parts) &&
    role !== 'model' &&
    parts.every((part) => !isRecord(part) || typeof part['type'] === 'string'),
  conversation: () => new UiConversation(),
}

/** UI messages of the AI SDK, 5 and newer: each becomes one message. */
class UiConversation implements Conversation {
  readonly #rows: ImportedRow[] = []

  add(message: unknown, bytes: number, note: Note): void {
    const row = readMessage(message, note)
    assertFits(row.parts, bytes)
    this.#rows.push(row)
  }

  rows(): ImportedRow[] {
    return this.#rows
  }
}

function readMessage(value: unknown, note: Note): ImportedRow {
  const { id, role, parts: given, metadata, createdAt, ...others } = asRecord('the message', value)
  if (role !== 'system' && role !== 'user' && role !== 'assistant') {
    throw badValue('role', role, '"system", "user" or "assistant"')
  }
  const { parts, rest } = partsOf(given, others)
  const { createdAt: own, ...known } = isRecord(metadata) ? metadata : {}
  // Before version 5 the time was beside the metadata, and some transcripts still have it there.
  const time = readTime(own, 'ms') ?? readTime(createdAt, 'ms')
  const kept = keepMetadata(
    known,
    { ...(own != null && readTime(own, 'ms') === undefined && { createdAt: own }), ...rest },
    note,
  )
  if (metadata != null && !isRecord(metadata))
    note.lost('metadata that is not an object is dropped')
  const row: ImportedRow = {
    ...(typeof id === 'string' && id !== '' && { id }),
    role,
    parts: parts.map((part, index) => readPart(part, `parts.${index}`, note)),
    ...(time !== undefined && { createdAt: time }),
    ...(kept && { metadata: kept }),
  }
  return mayGrow(row) ? { ...row, complete: false } : row
}

/** Messages from before version 5 have a string as their content. */
function partsOf(parts: unknown, others: Record<string, unknown>) {
  if (Array.isArray(parts)) return { parts, rest: others }
  const { content, ...rest } = others
  if (parts !== undefined || typeof content !== 'string') throw badValue('parts', parts, 'an array')
  return { parts: content === '' ? [] : [{ type: 'text', text: content }], rest }
}

/** Whether it is an unfinished answer that is being written or awaits a tool. */
function mayGrow({ role, parts, metadata }: ImportedRow): boolean {
  return role === 'assistant' && metadata?.finishReason === undefined && parts.some(isOpen)
}

function isOpen(part: Part): boolean {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.state === 'streaming'
    case 'dynamic-tool':
      return !part.state.startsWith('output-')
    case 'file':
    case 'reasoning-file':
    case 'source-url':
    case 'source-document':
    case 'custom':
    case 'step-start':
      return false
    default:
      return false
  }
}
