import { createHash } from 'node:crypto'

import type { Part } from '@caughtup/schema'
import { expect, test } from 'vitest'

import type { ImportedRow } from './imported-row.ts'
import { identify } from './identify.ts'

function identityOf(row: Partial<ImportedRow>): string {
  return identify([{ role: 'user', parts: [{ type: 'text', text: 'Hi' }], ...row }])[0]!.identity
}

const call: Part = {
  type: 'dynamic-tool',
  toolCallId: 'call-1',
  toolName: 'weather',
  state: 'input-available',
  input: { city: 'Oslo', days: 1000 },
}

test('a row with an id is identified by it, whatever its content', () => {
  expect(identityOf({ id: 'm-1' })).toBe('id:m-1')
  expect(identityOf({ id: 'm-1', parts: [] })).toBe('id:m-1')
})

test('an invalid message id is kept as a hash', () => {
  const identity = identityOf({ id: `msg.${'x'.repeat(1_000_000)}` })
  expect(identity).toMatch(/^id:[\w-]{22}$/)
  expect(identityOf({ id: 'msg.1' })).not.toBe(identityOf({ id: 'msg.2' }))
})

test('a row keeps a valid message id, and always gets the same one in place of another', () => {
  const rows = [undefined, undefined, 'm-1', 'msg.1', 'msg.1', 'x'.repeat(65)].map(
    (id): ImportedRow => ({ role: 'user', parts: [], ...(id !== undefined && { id }) }),
  )
  const ids = identify(rows).map(({ messageId }) => messageId)
  expect(ids[2]).toBe('m-1')
  expect(ids.toSpliced(2, 1)).toEqual(Array(5).fill(expect.stringMatching(/^[\w-]{22}$/)))
  expect(new Set(ids).size).toBe(5)
  expect(ids[3]).toBe(ids[4])
  const seen = new Map<string, number>()
  const again = [rows.slice(0, 1), rows.slice(1)].flatMap((some) => identify(some, seen))
  expect(again.map(({ messageId }) => messageId)).toEqual(ids)
})

test('the form of identities and content hashes does not change, so that no import is added twice', () => {
  const [text, tool] = [
    '{"content":[{"text":"Hi","type":"text"}],"createdAt":1000,"role":"user"}',
    '{"content":[{"input":{"city":"Oslo","days":1000},"toolCallId":"call-1","toolName":"weather",' +
      '"type":"dynamic-tool"}],"createdAt":null,"role":"assistant"}',
  ].map((json) => `f1:${createHash('sha256').update(json).digest('base64url').slice(0, 21)}`)
  expect(identityOf({ createdAt: 1000 })).toMatch(text!)
  expect(identityOf({ role: 'assistant', parts: [call] })).toMatch(tool!)
})

test.each<[string, Partial<ImportedRow>]>([
  ['role', { role: 'assistant' }],
  ['text', { parts: [{ type: 'text', text: 'Hi!' }] }],
  ['kind of part', { parts: [{ type: 'reasoning', text: 'Hi' }] }],
  ['time', { createdAt: 1 }],
])('another %s is another row', (_, other) => {
  expect(identityOf(other)).not.toBe(identityOf({}))
})

test('calls with different ids, tools or inputs have different identities', () => {
  const identities = [
    call,
    { ...call, toolCallId: 'call-2' },
    { ...call, toolName: 'climate' },
    { ...call, input: { city: 'Oslo', days: 999 } },
  ].map((part) => identityOf({ parts: [part] }))
  expect(new Set(identities).size).toBe(4)
})

test('tool results, states, provider metadata and step marks do not change an identity', () => {
  const answered = { ...call, state: 'output-available', output: { degrees: 3 } } as const
  expect(identityOf({ parts: [{ type: 'step-start' }, answered] })).toBe(
    identityOf({ parts: [call] }),
  )
  const providerMetadata = { some: { cached: true } }
  expect(
    identityOf({ parts: [{ type: 'text', text: 'Hi', state: 'done', providerMetadata }] }),
  ).toBe(identityOf({}))
})

test('the order of members and the spelling of numbers do not change an identity', () => {
  const input: unknown = JSON.parse('{ "days": 1000.0, "city": "Oslo" }')
  expect(identityOf({ parts: [{ ...call, input }] })).toBe(identityOf({ parts: [call] }))
})

test('a value without a JSON form is refused', () => {
  expect(() => identityOf({ parts: [{ ...call, input: 1n }] })).toThrow(
    expect.objectContaining({
      code: 'BAD_INPUT',
      data: expect.objectContaining({ reason: 'not-json' }),
    }),
  )
})
