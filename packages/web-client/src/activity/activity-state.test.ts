import type { ActivityFrame, ActivityRow } from '@caughtup/schema'
import { describe, expect, test, vi } from 'vitest'

import { activityRow as row } from '../../tests/support/activity-row.ts'
import {
  type ActivityState,
  disconnectActivity,
  emptyActivityState,
  isCompletion,
  receiveActivityFrame,
} from './activity-state.ts'

function receive(state: ActivityState, ...frames: (ActivityFrame | [ActivityFrame, string])[]) {
  return frames.reduce((now, frame) => {
    const [plain, eventId] = Array.isArray(frame) ? frame : [frame, undefined]
    return receiveActivityFrame(now, plain, eventId)
  }, state)
}

const list = (rows: ActivityRow[], complete = true): ActivityFrame => ({
  type: 'activities',
  rows,
  complete,
})
const caughtUp = (cursor: string): ActivityFrame => ({ type: 'caught-up', cursor })
const changed = (one: ActivityRow): ActivityFrame => ({ type: 'changed', row: one })
const ids = ({ sorted }: ActivityState) => sorted.map(({ sessionId }) => sessionId)

const [a, b, c] = [
  row('a', 1, { recency: 3 }),
  row('b', 2, { recency: 2 }),
  row('c', 3, { recency: 1 }),
]
const live = receive(emptyActivityState, list([c, a]), list([b]), caughtUp('f.3.x'))

describe('a complete list', () => {
  test('is shown when all of it has arrived, newest first', () => {
    const partly = receive(emptyActivityState, list([c, a]))
    expect(ids(partly)).toEqual([])
    expect(ids(live)).toEqual(['a', 'b', 'c'])
    expect(live).toMatchObject({ cursor: 'f.3.x', caughtUp: true })
  })

  test('drops sessions that it does not contain', () => {
    expect(ids(receive(live, list([a]), caughtUp('f.4.x')))).toEqual(['a'])
  })

  test('that breaks off leaves the rows as they were', () => {
    const broken = disconnectActivity(receive(live, list([])))
    expect(ids(broken)).toEqual(['a', 'b', 'c'])
    expect(broken.cursor).toBe('f.3.x')
  })

  test('takes rows and removals that complete it, and is stale until its end', () => {
    const newer = row('b', 9, { title: 'newer', recency: 9 })
    const partly = receive(live, list([a, b]), list([c]), list([newer], false), {
      type: 'removed',
      sessionId: 'a',
      revision: 10,
    })
    expect(partly).toMatchObject({ caughtUp: false, cursor: 'f.3.x' })
    expect(ids(partly)).toEqual(['a', 'b', 'c'])
    expect(ids(receive(partly, caughtUp('f.10.x')))).toEqual(['b', 'c'])
  })

  test('brings back what it has, also rows below the revisions of before', () => {
    const removed = receive(live, { type: 'removed', sessionId: 'b', revision: 9 })
    const again = row('b', 2, { recency: 2 })
    const older = row('a', 1, { recency: 3, title: 'older' })
    const state = receive(removed, list([older, again]), caughtUp('g.2.x'))
    expect(state.sorted).toEqual([older, again])
    // It is removed from what the list has, by revisions of now.
    expect(ids(receive(state, { type: 'removed', sessionId: 'b', revision: 3 }))).toEqual(['a'])
  })

  test('includes changes that arrive meanwhile, and moves the cursor only at its end', () => {
    const newer = row('a', 9, { title: 'newer', recency: 3 })
    const state = receive(live, list([a, b]), [changed(newer), 'f.9.x'])
    expect(state.cursor).toBe('f.3.x')
    expect(receive(state, caughtUp('f.9.x')).sorted[0]).toBe(newer)
  })
})

test('the work for a list grows linearly with its rows, in frames or by changes', () => {
  const rows = Array.from({ length: 5_000 }, (_, index) =>
    row(`s${index}`, index + 1, { recency: index }),
  )
  const frames = Array.from({ length: 500 }, (_, index) =>
    list(rows.slice(index * 10, index * 10 + 10)),
  )
  const sets = vi.spyOn(Map.prototype, 'set')
  const full = receive(emptyActivityState, ...frames, caughtUp('f.1'))
  expect(sets.mock.calls.length).toBeLessThan(2 * rows.length)
  sets.mockRestore()
  expect(ids(full)).toHaveLength(5_000)
  expect(full.sorted[0]?.sessionId).toBe('s4999')
  const moved = receive(full, changed(row('s7', 6_000, { recency: 9_999 })))
  expect(ids(moved).slice(0, 2)).toEqual(['s7', 's4999'])
  expect(ids(moved)).toHaveLength(5_000)
})

describe('rows', () => {
  test('of an older revision are ignored', () => {
    const newer = receive(live, changed(row('b', 5, { title: 'new' })))
    const after = receive(newer, changed(row('b', 4, { title: 'old' })))
    expect(after.rows.get('b')?.title).toBe('new')
    expect(after).toBe(newer)
  })

  test('move up with their recency while the others keep their identity', () => {
    const after = receive(live, changed(row('c', 6, { recency: 9 })))
    expect(ids(after)).toEqual(['c', 'a', 'b'])
    expect(after.rows.get('a')).toBe(a)
  })

  test('that were removed stay removed when an older row comes late', () => {
    const removed = receive(live, { type: 'removed', sessionId: 'b', revision: 7 })
    expect(ids(receive(removed, changed(row('b', 6)), list([row('b', 7)], false)))).toEqual([
      'a',
      'c',
    ])
  })

  test('stay when they are newer than a removal that comes late', () => {
    const newer = receive(live, changed(row('b', 8, { recency: 2 })))
    expect(ids(receive(newer, { type: 'removed', sessionId: 'b', revision: 7 }))).toContain('b')
  })
})

test('the cursor follows caught-up and the ids of changes', () => {
  expect(receive(live, [changed(row('a', 9)), 'f.9.x']).cursor).toBe('f.9.x')
  expect(receive(live, [{ type: 'removed', sessionId: 'a', revision: 10 }, 'f.10.x']).cursor).toBe(
    'f.10.x',
  )
})

test('the newest thousand removals are remembered', () => {
  let state = live
  for (let i = 0; i < 1_500; i++) {
    state = receive(state, { type: 'removed', sessionId: `gone-${i}`, revision: 10 + i })
  }
  expect(state.removed.size).toBe(1_000)
  expect(state.removed.has('gone-1499')).toBe(true)
})

describe('a completion', () => {
  const streaming = row('a', 5, { streaming: true, generation: 2, recency: 10 })

  test('is the end of the same run with newer recency', () => {
    expect(isCompletion(streaming, row('a', 6, { generation: 2, recency: 11 }))).toBe(true)
  })

  test('is not an interruption, which does not move recency', () => {
    expect(isCompletion(streaming, row('a', 6, { generation: 2, recency: 10 }))).toBe(false)
  })

  test('is not the end of another run', () => {
    expect(isCompletion(streaming, row('a', 6, { generation: 3, recency: 11 }))).toBe(false)
  })

  test('is not a row seen for the first time', () => {
    expect(isCompletion(undefined, row('a', 6, { generation: 2, recency: 11 }))).toBe(false)
  })
})
