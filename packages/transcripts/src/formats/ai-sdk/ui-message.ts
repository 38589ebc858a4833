import type { Message, Part } from '@caughtup/schema'

import { isRecord } from '../../base/bad-value.ts'
import type { WrittenMessage } from '../../conversation/transcript.ts'

/** A message as a UI message of the AI SDK; parts that were not known here are as they came. */
export function uiMessage({ id, role, parts, metadata }: Message): WrittenMessage {
  return { messages: [{ id, role, parts: parts.map(original), metadata }], leftOut: [] }
}

function original(part: Part): unknown {
  return part.type === 'data-ui-part' && 'data' in part && isRecord(part.data) ? part.data : part
}
