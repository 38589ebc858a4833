import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Op } from '../event/op.ts'
import { applyOps, withCustom } from './apply-ops.ts'
import { mergeOps } from './merge-events.ts'
import type { Part } from '../model/part.ts'

const text = (value: string): Part => ({ type: 'text', text: value, state: 'streaming' })

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.string().map(text),
  fc.string().map((value): Part => ({ type: 'reasoning', text: value })),
  fc.string().map((rawInput): Part => ({
    type: 'dynamic-tool',
    toolName: 'read',
    toolCallId: 't',
    state: 'input-streaming',
    rawInput,
  })),
  fc.constant<Part>({ type: 'step-start' }),
)

/** Also ops that do not fit: to a part that is missing, of another type, or too far behind. */
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant('append' as const), part: fc.nat(4), text: fc.string() }),
  fc.record({
    op: fc.constant('append' as const),
    part: fc.nat(4),
    text: fc.string(),
    done: fc.constant(true as const),
  }),
  fc.tuple(fc.nat(4), fc.string(), fc.string({ maxLength: 1 })).map(([part, added, name]): Op => ({
    op: 'append',
    part,
    text: added,
    providerMetadata: { some: { name } },
    citations: [{ source: { type: 'source', sourceType: 'url', id: name, url: 'u' } }],
  })),
  fc.record({ op: fc.constant('put' as const), part: fc.nat(4), value: part }),
  fc.record({
    op: fc.constant('custom' as const),
    value: fc.dictionary(fc.constantFrom('a', 'b'), fc.nat(3)),
  }),
)

/** Ops as a writer makes them: a put comes at the end or over a part that is there. */
function fitting(parts: readonly Part[], ops: readonly Op[]): Op[] {
  let count = parts.length
  return ops.flatMap((candidate): Op[] => {
    if (candidate.op === 'custom') return [candidate]
    if (candidate.op === 'append') return candidate.part < count ? [candidate] : []
    const fitted = { ...candidate, part: Math.min(candidate.part, count) }
    count = Math.max(count, fitted.part + 1)
    return [fitted]
  })
}

test('merged ops have the effect of the ops in sequence', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 3 }), fc.array(op), fc.array(op), (parts, a, b) => {
      const first = fitting(parts, a)
      const between = applyOps(parts, first)
      const second = fitting(between, b)
      const merged = mergeOps(first, second)
      expect(applyOps(parts, merged)).toEqual(applyOps(between, second))
      const metadata = { createdAt: 1 }
      expect(withCustom(metadata, merged)).toEqual(withCustom(withCustom(metadata, first), second))
    }),
  )
})

test('a hundred appends become one op', () => {
  const appends = Array.from({ length: 100 }, (): Op => ({ op: 'append', part: 0, text: 'a' }))
  const merged = appends.reduce<Op[]>((ops, next) => mergeOps(ops, [next]), [])
  expect(merged).toEqual([{ op: 'append', part: 0, text: 'a'.repeat(100) }])
})

test('an append after a put extends the put part', () => {
  expect(
    mergeOps([{ op: 'put', part: 0, value: text('He') }], [{ op: 'append', part: 0, text: 'llo' }]),
  ).toEqual([{ op: 'put', part: 0, value: text('Hello') }])
})

test('an emoji that was split between chunks is whole again', () => {
  const [high, low] = ['👋'.slice(0, 1), '👋'.slice(1)]
  const parts = applyOps(
    [text('')],
    [
      { op: 'append', part: 0, text: high },
      // Each half crosses the wire and the disk as JSON by itself.
      JSON.parse(JSON.stringify({ op: 'append', part: 0, text: low })) as Op,
    ],
  )
  expect(parts).toEqual([text('👋')])
})

test('parts that no op changes keep their identity', () => {
  const parts = [text('a'), text('b')]
  const next = applyOps(parts, [{ op: 'append', part: 1, text: '!' }])
  expect(next[0]).toBe(parts[0])
  expect(next[1]).toEqual(text('b!'))
})

test('custom metadata of any number of ops are one op, the newest', () => {
  const custom = (value: Record<string, number>): Op => ({ op: 'custom', value })
  const append: Op = { op: 'append', part: 0, text: 'a' }
  const merged = mergeOps([custom({ a: 1 }), append], [append, custom({ b: 2 })])
  expect(merged).toEqual([custom({ b: 2 }), { op: 'append', part: 0, text: 'aa' }])
})

test('metadata that no op changes keep their identity, and custom ones change nothing else', () => {
  const metadata = { createdAt: 1, model: 'm', custom: { a: 1 } }
  expect(withCustom(metadata, [{ op: 'append', part: 0, text: 'a' }])).toBe(metadata)
  expect(withCustom(metadata, [{ op: 'custom', value: {} }])).toEqual({ ...metadata, custom: {} })
})

test('ops that do not fit change nothing', () => {
  const parts: Part[] = [{ type: 'step-start' }]
  expect(
    applyOps(parts, [
      { op: 'append', part: 0, text: 'x' },
      { op: 'append', part: 7, text: 'x' },
      { op: 'put', part: 5, value: text('far') },
    ]),
  ).toEqual(parts)
})
