import type { Part } from '@caughtup/schema'

import type { ForeignRow } from '../../reconcile/foreign-row.ts'
import { assertFits } from '../assert-fits.ts'
import { assertKept } from '../assert-kept.ts'
import { asRecord, badValue } from '../bad-value.ts'
import { noteOthers } from '../note-others.ts'
import { readTime } from '../read-time.ts'
import type { Conversation, Note } from '../transcript.ts'
import { readMetadata } from './read-metadata.ts'
import { readPart } from './read-part.ts'

/** Members that hold what a message of another format says, and are not read. */
const unread = ['content', 'tool_calls']

/** UI messages of the AI SDK: each is a message here. */
export class UiConversation implements Conversation {
  readonly #rows: ForeignRow[] = []

  add(message: unknown, bytes: number, note: Note): void {
    const row = readMessage(message, note)
    assertFits(row.parts, bytes)
    this.#rows.push(row)
  }

  rows(): ForeignRow[] {
    return this.#rows
  }
}

function readMessage(value: unknown, note: Note): ForeignRow {
  const { id, role, parts, metadata, createdAt, ...others } = asRecord('the message', value)
  if (role !== 'system' && role !== 'user' && role !== 'assistant') {
    throw badValue('role', role, '"system", "user" or "assistant"')
  }
  if (!Array.isArray(parts)) throw badValue('parts', parts, 'a list')
  assertKept(others, parts, unread)
  noteOthers(others, [], note)
  // Before version 5 the time stood beside the metadata, and some transcripts still have it there.
  const time = readTime(createdAt, 'ms')
  const row: ForeignRow = {
    ...(typeof id === 'string' && id !== '' && { id }),
    role,
    parts: parts.map((part, index) => readPart(part, `parts.${index}`, note)),
    ...(time !== undefined && { createdAt: time }),
    ...readMetadata(metadata, note),
  }
  return mayGrow(row) ? { ...row, complete: false } : row
}

/** An answer that is being written, or waits for a tool, and was not ended as it stands. */
function mayGrow({ role, parts, metadata }: ForeignRow): boolean {
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
