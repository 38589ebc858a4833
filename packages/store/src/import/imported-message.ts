import type { MessageDraft, Part } from '@caughtup/schema'

import type { ImportedRow } from './imported-row.ts'

/**
 * The finished message for a row, with the id `id`, and `now` (ms since the epoch) as its time if the
 * row has none. The metadata keeps a row id that differs from `id`.
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

/** Ends text that was streaming when it was exported. */
function ended(part: Part): Part {
  if (part.type !== 'text' && part.type !== 'reasoning') return part
  return part.state === 'streaming' ? { ...part, state: 'done' } : part
}
