import type { Cursor, ReplayReason } from '@caughtup/schema'

/** What a cursor is held against: a journal as it is now. */
export interface JournalBounds {
  journal: string
  /** The newest entry. */
  seq: number
  /** Entries up to this one were removed; its tag is still known. */
  floor: number
  /** The tag of the commit that wrote a seq of `floor` to `seq`; empty at seq 0. */
  tagAt: (seq: number) => string | undefined
}

/** Whether a stream can resume from `cursor`, and if not, why. */
export function cursorVerdict(
  { journal, seq, tag }: Cursor,
  bounds: JournalBounds,
): 'ok' | ReplayReason {
  if (journal !== bounds.journal) return 'cursor-unknown'
  if (seq > bounds.seq) return 'cursor-ahead'
  if (seq < bounds.floor) return 'cursor-expired'
  return bounds.tagAt(seq) === tag ? 'ok' : 'cursor-unknown'
}
