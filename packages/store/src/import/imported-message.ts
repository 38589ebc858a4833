import type { MessageDraft, Part } from '@caughtup/schema'

import type { ImportedRow } from './imported-row.ts'

/**
 * The message that a row becomes: finished, under `id`, from `now` (ms since the epoch) where its
 * time is not known. An id over there that is another one is kept in the metadata.
 */
export function importedMessage(
  { id: foreignId, role, parts, createdAt, metadata }: ImportedRow,
  { id, now }: { id: string; now: number },
): MessageDraft {
  return {
    id,
    role,
    parts: parts.map(ended),
    metadata: {
      ...metadata,
      createdAt: createdAt ?? now,
      ...(foreignId !== undefined &&
        foreignId !== id && { foreign: { ...metadata?.foreign, id: foreignId } }),
    },
    status: 'done',
  }
}

/** Text that was streaming over there does not stream here. */
function ended(part: Part): Part {
  if (part.type !== 'text' && part.type !== 'reasoning') return part
  return part.state === 'streaming' ? { ...part, state: 'done' } : part
}
