import type { MessageMetadata, Part } from '@caughtup/schema'
import { applyOps } from '@caughtup/schema/fold'
import { describe, expect, test } from 'vitest'

import { diffMessage } from './message-diff.ts'

const metadata: MessageMetadata = { createdAt: 1 }
const tool = { type: 'dynamic-tool', toolCallId: 't', toolName: 'read' } as const
const text = (value: string, state?: 'streaming' | 'done'): Part => ({
  type: 'text',
  text: value,
  ...(state && { state }),
})

function diff(before: Part[], after: Part[]) {
  return diffMessage({ parts: before, metadata }, { parts: after, metadata })
}

describe('the smallest change', () => {
  test.each<[string, Part, Part, unknown]>([
    ['text that grew', text('ab'), text('abc'), { op: 'append', text: 'c' }],
    ['text that is done', text('ab'), text('ab', 'done'), { op: 'append', text: '', done: true }],
    ['text that grew and is done', text('a'), text('ab', 'done'), { text: 'b', done: true }],
    ['other text', text('ab'), text('xb'), { op: 'put', value: text('xb') }],
    ['shorter text', text('ab'), text('a'), { op: 'put' }],
    ['text that streams again', text('ab', 'done'), text('abc', 'streaming'), { op: 'put' }],
    ['another kind of part', text('ab'), { type: 'reasoning', text: 'abc' }, { op: 'put' }],
    [
      'text with other provider metadata',
      text('ab'),
      { type: 'text', text: 'abc', providerMetadata: { x: { y: 1 } } },
      { op: 'put' },
    ],
    [
      'raw input that grew',
      { ...tool, state: 'input-streaming', rawInput: '{' },
      { ...tool, state: 'input-streaming', rawInput: '{}' },
      { op: 'append', text: '}' },
    ],
    [
      'raw input of another call',
      { ...tool, state: 'input-streaming', rawInput: '{' },
      { ...tool, toolCallId: 'u', state: 'input-streaming', rawInput: '{}' },
      { op: 'put' },
    ],
    ['half an emoji, completed', text('\ud83d'), text('😀'), { op: 'append', text: '\ude00' }],
  ])('%s', (_, before, after, op) => {
    const parts = [text('same'), before]
    const result = diff(parts, [text('same'), after])
    const ops = 'ops' in result ? result.ops : []
    expect(ops).toMatchObject([{ part: 1, ...(op as object) }])
    expect(result).toMatchObject({ parts: applyOps(parts, ops) })
  })

  test('equal parts need no op, whatever the order of their members', () => {
    const before: Part[] = [
      text('a'),
      { ...tool, state: 'input-available', input: { a: 1, b: null } },
      { type: 'data-x', data: [1, null] },
    ]
    const after = [
      { ...text('a'), providerMetadata: undefined },
      { ...tool, state: 'input-available', input: { b: Number.NaN, a: 1, c: undefined } },
      { type: 'data-x', data: [1, undefined] },
    ] as Part[]
    expect(diff(before, after)).toEqual({ ops: [], parts: before, structural: false })
  })

  test('text that grew is an append, whatever fields without a value it has', () => {
    const after = { ...text('ab'), providerMetadata: undefined } as never
    expect(diff([text('a')], [after])).toMatchObject({ ops: [{ op: 'append', text: 'b' }] })
  })

  test('a value that is put is a copy', () => {
    const input = { path: 'a' }
    const result = diff([], [{ ...tool, state: 'input-available', input }])
    input.path = 'b'
    expect(result).toMatchObject({ ops: [{ op: 'put', value: { input: { path: 'a' } } }] })
  })
})

describe('changes that readers must see at once', () => {
  const reasoning = (state: 'streaming' | 'done'): Part => ({
    type: 'reasoning',
    text: 'hm',
    state,
  })
  test.each<[string, Part | undefined, Part, boolean]>([
    ['a tool call', undefined, { ...tool, state: 'input-streaming', rawInput: '' }, true],
    ['reasoning that comes done', undefined, reasoning('done'), true],
    ['reasoning that is done', reasoning('streaming'), reasoning('done'), true],
    ['reasoning that was done', reasoning('done'), reasoning('done'), false],
    ['text that is done', text('a', 'streaming'), text('a', 'done'), false],
    ['a new part of another kind', undefined, { type: 'step-start' }, false],
  ])('%s', (_, before, after, structural) => {
    expect(diff(before ? [before] : [], [after])).toMatchObject({ structural })
  })

  test('an error', () => {
    const error = { code: 'x', message: 'y' }
    const before = { parts: [], metadata }
    const after = { parts: [], metadata: { ...metadata, error } }
    expect(diffMessage(before, after)).toEqual({ whole: true, structural: true })
    expect(diffMessage(after, { ...after, parts: [text('a')] })).toMatchObject({
      structural: false,
    })
  })
})
