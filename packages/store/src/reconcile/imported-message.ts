import { id as messageId, type MessageDraft, type Part } from '@caughtup/schema'

import type { ForeignRow } from './foreign-row.ts'

/**
 * The message that a row becomes: finished, under its own id where that can be a message's id and
 * else under `newId()`, from `now` (ms since the epoch) where its time is not known.
 */
export function importedMessage(
  row: ForeignRow,
  { newId, now }: { newId: () => string; now: number },
): MessageDraft {
  const { id, role, parts, createdAt = now, metadata } = row
  return {
    id: id !== undefined && messageId.safeParse(id).success ? id : newId(),
    role,
    parts: parts.map(ended),
    metadata: { ...metadata, createdAt },
    status: 'done',
  }
}

/** Text that was streaming over there does not stream here. */
function ended(part: Part): Part {
  if (part.type !== 'text' && part.type !== 'reasoning') return part
  return part.state === 'streaming' ? { ...part, state: 'done' } : part
}
