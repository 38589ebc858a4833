import type { View } from '@caughtup/schema/fold'

import type { Window } from '../../src/port/reading.ts'

/** A fresh load, as the view that a client makes of it. */
export function viewOf({ messages, head, hasOlder }: Window): View {
  const { seq, epoch, run, queue, usage, contextUsage, canUndo, canRedo } = head
  return {
    seq,
    epoch,
    queue,
    canUndo,
    canRedo,
    messages,
    hasOlder,
    skipped: 0,
    ...(run && { run }),
    ...(usage && { usage }),
    ...(contextUsage && { contextUsage }),
  }
}
