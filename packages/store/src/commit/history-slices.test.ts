import type { EventDraft } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import type { Store } from '../store.ts'
import {
  deleted,
  imported,
  message,
  prompt,
  redo,
  replaced,
  truncated,
  undo,
} from '../conformance/support/drafts.ts'
import { openTestStore } from '../../tests/support/open-test-store.ts'
import { sampleSession } from '../../tests/support/sample-history.ts'
import { engines, testEngine } from '../../tests/support/test-engines.ts'

async function everything(store: Store, sessionId: string) {
  const { events } = await store.journal.list(sessionId)
  return { window: await store.window(sessionId), head: await store.head(sessionId), events }
}

describe.each(engines)('a change of history on %s', (engine) => {
  test.each<[string, EventDraft[], number]>([
    ['a second delete', [deleted('a2'), deleted('a2')], 1],
    ['a second undo', [undo, undo], 1],
    ['a redo behind an undo', [undo, redo], 1],
    ['an edit of what the slice deletes', [deleted('a2'), replaced('a2', 'back')], 1],
    ['an undo behind an import', [imported([message('x', 'x')]), prompt('y'), undo], 2],
    ['a truncation of what the slice adds', [prompt('u3'), truncated('u1')], 1],
    ['a delete of what the slice adds', [prompt('u3'), deleted('u3')], 1],
  ])('%s in one slice is refused and changes nothing', async (_, drafts, late) => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const sessionId = await sampleSession(store)
    const before = await everything(store, sessionId)
    await expect(store.append({ sessionId, drafts })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: {
        field: `drafts.${late}`,
        value: drafts[late]?.type,
        limit: 1,
        reason: 'not-first',
      },
    })
    expect(await everything(store, sessionId)).toEqual(before)
    expect(store.stats().unflushedBytes).toBe(0)
  })

  test('is committed with the drafts after it', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const sessionId = await sampleSession(store)
    const drafts = [truncated('u1'), prompt('u3')]
    expect(await store.append({ sessionId, drafts })).not.toHaveProperty(
      'refused',
      expect.anything(),
    )
    const { messages, head } = await store.window(sessionId)
    expect(messages.map(({ id }) => id)).toEqual(['u1', 'u3'])
    expect(head).toMatchObject({ canUndo: true, canRedo: false })
  })
})
