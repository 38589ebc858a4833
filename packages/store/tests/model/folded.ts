import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'
import { applyEvent, type View } from '@caughtup/schema/fold'

/** The view after the events; nothing where it is to be loaded anew. */
export function folded(start: View, events: readonly Event[]): View | undefined {
  let view = start
  for (const event of events) {
    const applied = applyEvent(view, event)
    if (applied.result === 'needs-window') return undefined
    assert.equal(applied.result, 'applied', `${event.from}–${event.seq} after ${view.seq}`)
    view = applied.view
  }
  return view
}
