import type { AgentPart, Part } from '@caughtup/schema'
import { applyOps } from '@caughtup/schema/fold'
import { describe, expect, test } from 'vitest'

import { PartBuilder } from './part-builder.ts'

/** The parts of a message after those of an agent. */
function partsOf(said: readonly AgentPart[], before: readonly Part[] = []): Part[] {
  const builder = new PartBuilder(before)
  return said.reduce<Part[]>(
    (parts, each) => applyOps(parts, builder.change(each)?.ops ?? []),
    [...before],
  )
}

const call = (toolCallId: string, input: unknown = {}): AgentPart => ({
  type: 'tool-call',
  toolCallId,
  toolName: 'read',
  input,
})
const result = (toolCallId: string, output: unknown): AgentPart => ({
  type: 'tool-result',
  toolCallId,
  toolName: 'read',
  input: {},
  output,
})
const step: AgentPart = { type: 'start-step' }
const metadata = (name: string) => ({ providerMetadata: { some: { name } } })
const text = (value: string, id?: string): AgentPart => ({
  type: 'text-delta',
  text: value,
  ...(id !== undefined && { id }),
})

/** The texts and outputs, in their order. */
function shown(parts: readonly Part[]): unknown[] {
  return parts.flatMap((part): unknown[] => {
    if (part.type === 'step-start') return []
    if ('text' in part) return [part.text]
    return 'output' in part ? [part.output] : [part.type]
  })
}

describe('a call id that is used again', () => {
  test('in another step is another call', () => {
    const said = [step, call('call_0'), result('call_0', 1), step, call('call_0')]
    expect(shown(partsOf([...said, result('call_0', 2)]))).toEqual([1, 2])
  })

  test('in another step is another call while the first has no result', () => {
    const parts = partsOf([step, call('call_0', 'a'), step, call('call_0', 'b')])
    expect(parts).toMatchObject([{}, { input: 'a' }, {}, { input: 'b' }])
  })

  test('after its result is another call, also without steps', () => {
    const said = [call('call_0'), result('call_0', 1), call('call_0'), result('call_0', 2)]
    expect(shown(partsOf(said))).toEqual([1, 2])
  })

  test('by results alone, each with its input, is one call each', () => {
    expect(shown(partsOf([result('call_0', 1), result('call_0', 2)]))).toEqual([1, 2])
  })

  test('whose input starts again is another call', () => {
    const start: AgentPart = { type: 'tool-input-start', id: 'call_0', toolName: 'read' }
    const delta: AgentPart = { type: 'tool-input-delta', id: 'call_0', delta: '{}' }
    const said = [step, start, delta, call('call_0', 1), result('call_0', 1), step, start, delta]
    expect(partsOf(said)).toMatchObject([
      {},
      { output: 1 },
      {},
      { state: 'input-streaming', rawInput: '{}' },
    ])
  })

  test('of an earlier part is another call', () => {
    const before = partsOf([step, call('call_0'), result('call_0', 1)])
    expect(shown(partsOf([step, call('call_0'), result('call_0', 2)], before))).toEqual([1, 2])
  })
})

describe('an answer', () => {
  test('in a later step belongs to the call of its id', () => {
    const said = [step, call('a'), step, text('Meanwhile'), result('a', 1)]
    expect(shown(partsOf(said))).toEqual([1, 'Meanwhile'])
  })

  test('replaces its preliminary state', () => {
    const first: AgentPart = { ...result('a', 'half'), preliminary: true } as AgentPart
    expect(shown(partsOf([call('a'), first, result('a', 'whole')]))).toEqual(['whole'])
  })

  test('without an input has that of its call', () => {
    const { input: _, ...answer } = result('a', 1) as Extract<AgentPart, { type: 'tool-result' }>
    expect(partsOf([call('a', { path: 'x' }), answer])).toMatchObject([
      { state: 'output-available', input: { path: 'x' }, output: 1 },
    ])
  })

  test('without an input for a call that was never made is refused', () => {
    const answer: AgentPart = { type: 'tool-result', toolCallId: 'a', toolName: 'read', output: 1 }
    expect(() => partsOf([answer])).toThrow(/never made/)
  })
})

describe('an approval', () => {
  const toolCall = { toolCallId: 'a', toolName: 'read', input: {} }
  const request: AgentPart = {
    type: 'tool-approval-request',
    approvalId: 'p',
    toolCall,
    isAutomatic: true,
    signature: 's',
    reason: 'It writes.',
  }
  const response = (approved: boolean): AgentPart => ({
    type: 'tool-approval-response',
    approvalId: 'p',
    toolCall,
    approved,
  })
  const approval = { id: 'p', isAutomatic: true, signature: 's', requestReason: 'It writes.' }

  test('is kept with the call, and with its result', () => {
    expect(partsOf([call('a'), request])).toMatchObject([{ state: 'approval-requested', approval }])
    expect(partsOf([call('a'), request, response(true)])).toMatchObject([
      { state: 'approval-responded', approval: { ...approval, approved: true } },
    ])
    expect(partsOf([call('a'), request, response(true), result('a', 1)])).toMatchObject([
      { state: 'output-available', approval: { ...approval, approved: true } },
    ])
  })

  test('that was refused is kept with the denial', () => {
    const denied: AgentPart = { type: 'tool-output-denied', toolCallId: 'a' }
    expect(partsOf([call('a'), request, response(false), denied])).toMatchObject([
      { state: 'output-denied', approval: { ...approval, approved: false } },
    ])
  })
})

describe('a text', () => {
  test('that starts again under an open id is a new part after the ones between', () => {
    const start: AgentPart = { type: 'text-start', id: '1' }
    const said = [start, text('Before', '1'), call('a'), start, text('After', '1')]
    const parts = partsOf(said)
    expect(parts).toMatchObject([{ text: 'Before', state: 'done' }, {}, { text: 'After' }])
  })

  test('without ids that starts again is another part', () => {
    const start: AgentPart = { type: 'text-start' }
    expect(shown(partsOf([start, text('a'), start, text('b')]))).toEqual(['a', 'b'])
  })

  test('without an id ends where another part begins, and no earlier', () => {
    const said = [text('Let me'), text(' look.'), call('a')]
    expect(partsOf(said.slice(0, 2))).toMatchObject([{ text: 'Let me look.', state: 'streaming' }])
    expect(partsOf(said)).toMatchObject([{ text: 'Let me look.', state: 'done' }, {}])
    expect(partsOf([...said, result('a', 1), text('Found')])).toMatchObject([
      { state: 'done' },
      { output: 1 },
      { text: 'Found', state: 'streaming' },
    ])
  })

  test('with an id ends where it says so, or with its step', () => {
    const said = [text('One', '1'), call('a'), text(' two', '1')]
    expect(partsOf(said)).toMatchObject([{ text: 'One two', state: 'streaming' }, {}])
    expect(partsOf([...said, step])).toMatchObject([{ text: 'One two', state: 'done' }, {}, {}])
  })

  test('ends reasoning without an id, at once', () => {
    const builder = new PartBuilder([])
    builder.change({ type: 'reasoning-delta', text: 'Hm' })
    expect(builder.change(text('So'))).toMatchObject({
      structural: true,
      ops: [{ done: true }, {}],
    })
  })

  test('has its latest metadata, and its citations', () => {
    const source = { type: 'source', sourceType: 'url', id: 's', url: 'https://x.example' } as const
    const citations = [{ source, startIndex: 0, endIndex: 2, citedText: 'Hi' }]
    const end: AgentPart = { type: 'text-end', id: '1', citations, ...metadata('end') }
    const start: AgentPart = { type: 'text-start', id: '1', ...metadata('start') }
    expect(partsOf([start])).toEqual([
      { type: 'text', text: '', state: 'streaming', ...metadata('start') },
    ])
    expect(partsOf([start, text('Hi', '1'), end])).toEqual([
      { type: 'text', text: 'Hi', state: 'done', citations, ...metadata('end') },
    ])
  })
})

test('empty reasoning is kept if its provider wants it back', () => {
  const start: AgentPart = { type: 'reasoning-start', id: 'r', ...metadata('redacted') }
  const signature: AgentPart = { type: 'reasoning-delta', id: 'r', text: '', ...metadata('signed') }
  const end: AgentPart = { type: 'reasoning-end', id: 'r' }
  const redacted = { type: 'reasoning', id: 'r', text: '', ...metadata('redacted') }
  expect(partsOf([start, end])).toEqual([{ ...redacted, state: 'done' }])
  expect(partsOf([start, signature, end])).toEqual([
    { ...redacted, state: 'done', ...metadata('signed') },
  ])
  expect(partsOf([{ type: 'reasoning-start', id: 'r' }, end])).toEqual([])
})

test('metadata of a call and of its result are kept apart', () => {
  const tool = { toolName: 'read', title: 'Read', toolMetadata: { source: 'mcp' } }
  const said: AgentPart[] = [
    { type: 'tool-input-start', id: 'a', ...tool, inputEncoding: 'text', providerExecuted: true },
    { type: 'tool-input-delta', id: 'a', delta: 'x', ...metadata('delta') },
    { type: 'tool-input-end', id: 'a' },
    { type: 'tool-call', toolCallId: 'a', toolName: 'read', input: 'x', ...metadata('call') },
  ]
  const described = { ...tool, providerExecuted: true }
  expect(partsOf(said.slice(0, 3))).toMatchObject([
    {
      ...described,
      rawInput: 'x',
      inputEncoding: 'text',
      callProviderMetadata: metadata('delta').providerMetadata,
    },
  ])
  const answers: AgentPart[] = [
    { ...result('a', 1), ...metadata('result') },
    { type: 'tool-error', toolCallId: 'a', toolName: 'read', error: 'No', ...metadata('result') },
  ]
  for (const answer of answers) {
    expect(partsOf([...said, answer])).toMatchObject([
      {
        ...described,
        callProviderMetadata: metadata('call').providerMetadata,
        resultProviderMetadata: metadata('result').providerMetadata,
      },
    ])
  }
})

test('files, sources and custom parts keep their provider metadata', () => {
  const file = { mediaType: 'image/png', base64: 'AA==' }
  const url = 'data:image/png;base64,AA=='
  const document = { id: 'd', mediaType: 'application/pdf', title: 'T', filename: 'f.pdf' }
  expect(
    partsOf([
      { type: 'file', file, ...metadata('f') },
      { type: 'file', file: { ...file, ...metadata('own') } },
      { type: 'reasoning-file', file, ...metadata('r') },
      { type: 'source', sourceType: 'url', id: 'u', url: 'https://x.example', ...metadata('u') },
      { type: 'source', sourceType: 'document', ...document, ...metadata('d') },
      { type: 'custom', kind: 'some.kind', ...metadata('c') },
    ]),
  ).toEqual([
    { type: 'file', mediaType: 'image/png', url, ...metadata('f') },
    { type: 'file', mediaType: 'image/png', url, ...metadata('own') },
    { type: 'reasoning-file', mediaType: 'image/png', url, ...metadata('r') },
    { type: 'source-url', sourceId: 'u', url: 'https://x.example', ...metadata('u') },
    {
      type: 'source-document',
      sourceId: 'd',
      mediaType: 'application/pdf',
      title: 'T',
      filename: 'f.pdf',
      ...metadata('d'),
    },
    { type: 'custom', kind: 'some.kind', ...metadata('c') },
  ])
})

test.each([null, undefined, 'x', 7, [], { some: 'flat' }, { some: { when: undefined } }])(
  'metadata that is %j fails nothing',
  (providerMetadata) => {
    const said: AgentPart[] = [
      { type: 'text-start', id: '1', providerMetadata },
      { type: 'text-delta', id: '1', text: 'Hi', providerMetadata },
      { type: 'text-end', id: '1', providerMetadata, citations: providerMetadata },
      { type: 'tool-call', toolCallId: 'a', toolName: 'read', toolMetadata: providerMetadata },
    ]
    expect(partsOf(said)).toMatchObject([{ text: 'Hi', state: 'done' }, { input: null }])
  },
)

describe('metadata of the host', () => {
  const said = (messageMetadata: Record<string, unknown>): AgentPart => ({
    type: 'message-metadata',
    messageMetadata,
  })

  test('are merged key by key, the newest of each, with what the message has', () => {
    const builder = new PartBuilder([], { queue: 'fast', tries: { first: 1 } })
    const change = (messageMetadata: Record<string, unknown>) =>
      builder.change(said(messageMetadata))
    const both = { queue: 'fast', tries: { second: 2 } }
    expect(change({ tries: { second: 2 } })).toEqual({
      ops: [{ op: 'custom', value: both }],
      structural: false,
    })
    expect(change({ cost: null })?.ops).toEqual([{ op: 'custom', value: { ...both, cost: null } }])
  })

  test('that are there already change nothing', () => {
    const builder = new PartBuilder([], { queue: 'fast' })
    expect(builder.change(said({ queue: 'fast' }))).toBeUndefined()
    expect(builder.change(said({}))).toBeUndefined()
    expect(builder.change(said({ queue: undefined }))).toBeUndefined()
    expect(new PartBuilder([]).change(said({}))).toBeUndefined()
  })

  test('are kept as they will be read back', () => {
    const when = new Date(0)
    expect(new PartBuilder([]).change(said({ when, none: undefined }))?.ops).toEqual([
      { op: 'custom', value: { when: '1970-01-01T00:00:00.000Z' } },
    ])
  })

  test.each<[string, unknown]>([
    ['a text', 'x'],
    ['a list', []],
    ['nothing', undefined],
    ['what has no JSON form', { n: 1n }],
    ['nested too deep', { deep: JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`) as unknown }],
    ['an object that is none in JSON', { toJSON: () => 'x' }],
  ])('that are %s are refused', (_, wrong) => {
    expect(() => new PartBuilder([]).change(said(wrong as never))).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT' }),
    )
  })
})

describe('data', () => {
  const progress = (data: unknown, id?: string): AgentPart => ({
    type: 'data-progress',
    data,
    ...(id !== undefined && { id }),
  })

  test('of the same type and id replaces the earlier part', () => {
    const said = [progress(1, 'a'), text('Hi'), progress(2, 'b'), progress(3, 'a')]
    expect(partsOf(said)).toEqual([
      { type: 'data-progress', id: 'a', data: 3 },
      { type: 'text', text: 'Hi', state: 'done' },
      { type: 'data-progress', id: 'b', data: 2 },
    ])
    expect(partsOf([progress(4, 'a')], partsOf(said))[0]).toMatchObject({ data: 4 })
  })

  test('of another type, or without an id, is another part', () => {
    const other: AgentPart = { type: 'data-other', id: 'a', data: 2 }
    expect(partsOf([progress(1, 'a'), other, progress(3), progress(4)])).toHaveLength(4)
  })

  test('that is transient is not stored', () => {
    expect(partsOf([{ type: 'data-progress', data: 1, transient: true }])).toEqual([])
    expect(partsOf([{ type: 'data-progress', data: 1, transient: false }])).toEqual([
      { type: 'data-progress', data: 1 },
    ])
  })
})
