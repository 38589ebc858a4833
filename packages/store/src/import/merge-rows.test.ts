import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { ImportedRow } from './imported-row.ts'
import { identify } from './identify.ts'
import { type Merge, mergeRows } from './merge-rows.ts'
import { MergingSession } from '../../tests/support/merging-session.ts'

function say(text: string, rest: Partial<ImportedRow> = {}): ImportedRow {
  return { role: 'user', parts: [{ type: 'text', text }], ...rest }
}

function imported(...transcripts: ImportedRow[][]): ImportedRow[] {
  const session = new MergingSession()
  return rowsOf(transcripts.map((rows) => session.import(rows)).at(-1)!)
}

function rowsOf({ added }: Merge): ImportedRow[] {
  return added.map(({ row: each }) => each)
}

// Few texts, times and ids, so that equal rows are common.
const row: fc.Arbitrary<ImportedRow> = fc.record(
  {
    id: fc.constantFrom('a', 'b', 'no.id'),
    role: fc.constantFrom('user', 'assistant'),
    parts: fc.array(fc.record({ type: fc.constant('text'), text: fc.constantFrom('x', 'y') }), {
      maxLength: 2,
    }),
    createdAt: fc.constantFrom(1000, 2000),
    complete: fc.boolean(),
  },
  { requiredKeys: ['role', 'parts'] },
)
const transcript = fc.array(row, { maxLength: 20 })

describe('any transcript', () => {
  test('adds nothing again, nor do its prefixes', () => {
    fc.assert(
      fc.property(transcript, fc.nat(20), (rows, cut) => {
        expect(imported(rows, rows)).toEqual([])
        expect(imported(rows, rows.slice(0, cut))).toEqual([])
      }),
    )
  })

  test('adds nothing to a session that has its messages from an export', () => {
    fc.assert(
      fc.property(transcript, (rows) => {
        const first = new MergingSession()
        first.import(rows)
        const restored = new MergingSession(first.messages.map(({ id }) => id))
        expect(rowsOf(restored.import(rows))).toEqual([])
      }),
    )
  })

  test('adds nothing after its own export in the same file', () => {
    fc.assert(
      fc.property(transcript, (rows) => {
        const exported = identify(rows).map(({ row: each, messageId }) => ({
          ...each,
          id: messageId,
          complete: true,
        }))
        const whole = imported([...exported, ...rows])
        expect(whole).toEqual(imported(exported))
      }),
    )
  })

  test('gives the same messages whole or while it grows', () => {
    fc.assert(
      fc.property(transcript, fc.array(fc.nat(20)), (rows, cuts) => {
        const growing = new MergingSession()
        for (const cut of cuts.sort((a, b) => a - b)) growing.import(rows.slice(0, cut))
        growing.import(rows)
        const whole = new MergingSession()
        whole.import(rows)
        expect(growing.messages).toEqual(whole.messages)
      }),
    )
  })

  test('gives the same messages whole or in parts, also if a part is repeated from the beginning', () => {
    fc.assert(
      fc.property(transcript, fc.integer({ min: 1, max: 8 }), fc.nat(20), (rows, most, cut) => {
        const whole = new MergingSession()
        whole.import(rows)
        const parts = new MergingSession()
        parts.importInParts(rows, most)
        expect(parts.messages).toEqual(whole.messages)
        const interrupted = new MergingSession()
        interrupted.importInParts(rows.slice(0, cut), most)
        interrupted.importInParts(rows, most)
        expect(interrupted.messages).toEqual(whole.messages)
      }),
    )
  })

  test('keeps its own order, and every row is added or skipped for a reason', () => {
    fc.assert(
      fc.property(transcript, (rows) => {
        const merge = new MergingSession().import(rows)
        const left = new Set(merge.skipped.map(({ index }) => index))
        expect(rowsOf(merge)).toEqual(rows.filter((_, index) => !left.has(index)))
      }),
    )
  })

  test('counts equal rows without ids by multiplicity', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.nat(5), (before, now) => {
        const [first, second] = [before, now].map((n) => Array.from({ length: n }, () => say('x')))
        expect(imported(first!, second!)).toHaveLength(Math.max(0, now - before))
      }),
    )
  })
})

test('equal text at different times is kept, also beside imported rows', () => {
  const early = say('ok', { createdAt: 1000 })
  const late = say('ok', { createdAt: 2000 })
  expect(imported([early], [early, late])).toEqual([late])
})

test('three rows of the same second, two of them imported before, add one', () => {
  const same = say('ok', { createdAt: 1000 })
  expect(imported([same, same], [same, same, same])).toHaveLength(1)
})

test('calls with equal text are told apart by their ids', () => {
  const [one, two] = ['call-1', 'call-2'].map((toolCallId) => ({
    role: 'assistant' as const,
    parts: [
      { type: 'dynamic-tool', toolCallId, toolName: 't', state: 'input-available', input: {} },
    ] as const,
  }))
  expect(imported([one!], [one!, two!])).toEqual([two])
})

test('an id of the session is known although it was not imported', () => {
  const known = { ids: new Set(['local']), counts: new Map<string, number>() }
  const merge = mergeRows(known, identify([say('x', { id: 'local' }), say('x')]))
  expect(rowsOf(merge)).toEqual([say('x')])
  expect(merge.skipped).toEqual([{ index: 0, why: 'known' }])
})

test('an imported message that was removed stays removed', () => {
  const counts = new Map(identify([say('x')]).map(({ identity }) => [identity, 1]))
  const merge = mergeRows({ ids: new Set(), counts }, identify([say('x'), say('y')]))
  expect(rowsOf(merge)).toEqual([say('y')])
  const [{ identity, contentHash } = { identity: '', contentHash: '' }] = identify([say('y')])
  expect(merge.identities).toEqual(
    [identity, contentHash].map((each) => ({ identity: each, count: 1 })),
  )
})

describe('a row that may still grow', () => {
  const growing = say('He', { role: 'assistant', complete: false })
  const grown = say('Hello', { role: 'assistant' })

  test('is skipped while it is the last, and added once it is complete', () => {
    expect(imported([say('x'), growing])).toEqual([say('x')])
    expect(imported([say('x'), growing], [say('x'), grown])).toEqual([grown])
  })

  test('is added as it is when another row follows', () => {
    expect(imported([growing, say('x')])).toEqual([growing, say('x')])
  })

  test('is superseded by a later row with its id', () => {
    const states = [growing, { ...growing }, grown].map((state) => ({ ...state, id: 'a' }))
    expect(imported(states)).toEqual([states[2]])
    expect(imported(states.slice(0, 2))).toEqual([])
  })
})
