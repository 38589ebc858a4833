import type { Cursor, ReplayReason } from '@caughtup/schema'

import type { StoredState } from '../../port/reading.ts'
import type { Storage } from '../../port/storage.ts'

/** Whether a stream can resume from a cursor whose entry has this state's `tagAt`, and if not, why. */
export function cursorVerdict(
  { journal, seq, tag }: Cursor,
  state: Pick<StoredState, 'cursor' | 'floor' | 'tagAt'>,
): 'ok' | ReplayReason {
  if (journal !== state.cursor.journal) return 'cursor-unknown'
  if (seq > state.cursor.seq) return 'cursor-ahead'
  if (seq < state.floor) return 'cursor-expired'
  return state.tagAt === tag ? 'ok' : 'cursor-unknown'
}

/** Whether a stream can resume from the cursor, and if not, why. */
export async function checkCursor(
  storage: Pick<Storage, 'state'>,
  sessionId: string,
  cursor: Cursor,
): Promise<'ok' | ReplayReason> {
  return cursorVerdict(cursor, await storage.state(sessionId, { tagAt: cursor.seq }))
}
