import type { AgentPart, FinishReason } from '@caughtup/schema'
import fc from 'fast-check'

const is = <T extends string>(type: T) => fc.constant(type)
const text = fc.constantFrom('', 'a', 'é🙂', '{"a":', '1}', 'two words ')
const beside = fc.constantFrom({}, {}, { providerMetadata: { acme: { id: 'x' } } })
const json = fc.constantFrom<unknown>(null, 1, 'text', [1, { b: 'é' }], { a: 1 }, {})
const file = fc.constant({ mediaType: 'image/png', base64: 'AA==' })
const executed = fc.constantFrom({}, {}, { providerExecuted: true })
const reasons = ['stop', 'length', 'tool-calls', 'content-filter', 'other'] as const
const cuts = ['interrupted', 'error', 'lost'] as const

/** What an agent yields, and why its answer ended; `undefined` if it has not. */
export interface Answer {
  parts: readonly AgentPart[]
  reason: FinishReason | undefined
}

const reason = fc.constantFrom<FinishReason | undefined>(...reasons, ...cuts, undefined)
const metadata = fc.record({
  type: is('message-metadata'),
  messageMetadata: fc.dictionary(
    fc.constantFrom('a', 'b'),
    fc.oneof(json, fc.dictionary(fc.constantFrom('c', 'd'), json, { noNullPrototype: true })),
    { noNullPrototype: true },
  ),
})
const source = fc.oneof(
  fc.record(
    {
      type: is('source'),
      sourceType: is('url'),
      id: text,
      url: is('https://x.example'),
      title: text,
    },
    { requiredKeys: ['type', 'sourceType', 'id', 'url'] },
  ),
  fc.record(
    {
      type: is('source'),
      sourceType: is('document'),
      id: text,
      mediaType: is('text/plain'),
      title: text,
      filename: text,
    },
    { requiredKeys: ['type', 'sourceType', 'id', 'mediaType', 'title'] },
  ),
)
const whole = fc.oneof(
  source,
  fc.record({ type: fc.constantFrom('file', 'reasoning-file'), file }),
  fc.record({ type: is('custom'), kind: is('acme.card') }),
)
const data = fc.record(
  {
    type: fc.constantFrom('data-progress', 'data-note'),
    id: fc.constantFrom('1', '2'),
    data: json,
  },
  { requiredKeys: ['type', 'data'] },
)

/** All parts that an agent may yield, in any order. */
const id = fc.constantFrom('call_0', 'call_1')
const toolCall = fc.record({
  toolCallId: id,
  toolName: fc.constantFrom('read', 'write'),
  input: json,
})
const approval = fc
  .tuple(toolCall, fc.constantFrom('p', 'q'))
  .map(([call, end]) => ({ toolCall: call, approvalId: `${call.toolCallId}-${end}` }))
const anyPart = fc
  .tuple(
    fc.oneof(
      fc.record({ type: fc.constantFrom('text-start', 'text-end', 'reasoning-start'), id }),
      fc.record({ type: is('reasoning-end'), id }),
      fc.record({ type: fc.constantFrom('text-delta', 'reasoning-delta'), id, text }),
      fc.record({ type: is('start-step') }),
      fc.record({
        type: is('tool-input-start'),
        id,
        toolName: is('read'),
        inputEncoding: fc.constantFrom('json', 'text'),
      }),
      fc.record({ type: is('tool-input-delta'), id, delta: text }),
      fc
        .tuple(toolCall, executed, fc.constantFrom('tool-call', 'tool-error'))
        .map(([call, flag, type]) => ({ ...call, ...flag, type, error: 'No' })),
      fc.tuple(toolCall, executed, fc.boolean()).map(([call, flag, preliminary]) => ({
        ...call,
        ...flag,
        type: 'tool-result',
        output: [1],
        preliminary,
      })),
      fc
        .tuple(approval, text)
        .map(([asked, reason]) => ({ ...asked, type: 'tool-approval-request', reason })),
      fc
        .tuple(approval, fc.boolean())
        .map(([asked, approved]) => ({ ...asked, type: 'tool-approval-response', approved })),
      fc.record({ type: is('tool-output-denied'), toolCallId: id }),
      whole,
      data,
      metadata,
    ),
    beside,
  )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it may be what no agent should yield
  .map(([part, more]) => ({ ...part, ...more }) as AgentPart)
export const anyAnswer: fc.Arbitrary<Answer> = fc.record({
  parts: fc.array(anyPart, { maxLength: 14 }),
  reason,
})

/** What one source of parts yields one after the other, for instance a tool call from input to result. */
type Thread = (name: string) => object[]

const block = fc
  .tuple(
    fc.constantFrom('text', 'reasoning'),
    fc.array(text, { maxLength: 4 }),
    beside,
    beside,
    fc.boolean(),
  )
  .map(([kind, texts, first, last, ends]): Thread => (name) => [
    { type: `${kind}-start`, id: name, ...first },
    ...texts.map((delta) => ({ type: `${kind}-delta`, id: name, text: delta })),
    ...(ends ? [{ type: `${kind}-end`, id: name, ...last }] : []),
  ])
/** What becomes of a call, after which there may be more of it only when it is approved. */
const fate = fc.constantFrom(
  'waits',
  'result',
  'error',
  'approval',
  'approved',
  'denied',
  'refused',
)
const call = fc
  .tuple(json, beside, executed, fc.boolean(), fate, fc.array(json, { maxLength: 2 }), json)
  .map(([input, metadataOf, flag, streams, ends, early, output]): Thread => (name) => {
    const toolCallId = `call_${name}`
    const about = { toolName: 'read', title: 'Read', ...flag }
    const said = JSON.stringify(input)
    const called = { ...about, toolCallId, input }
    const request = {
      type: 'tool-approval-request',
      approvalId: `approval_${name}`,
      toolCall: { ...called, ...metadataOf },
      reason: 'Costly',
    }
    const answer = { ...request, type: 'tool-approval-response', approved: ends !== 'denied' }
    const result = [
      ...early.map((value) => ({
        type: 'tool-result',
        ...called,
        output: value,
        preliminary: true,
      })),
      { type: 'tool-result', ...called, output, ...metadataOf },
    ]
    const ending: Record<typeof ends, object[]> = {
      waits: [],
      result,
      error: [{ type: 'tool-error', ...called, error: 'It failed' }],
      approval: [request],
      approved: [request, answer, ...result],
      denied: [request, answer, { type: 'tool-output-denied', toolCallId }],
      refused: [request, { ...answer, approved: false, reason: 'No' }],
    }
    return [
      ...(streams
        ? [
            { type: 'tool-input-start', id: toolCallId, ...about },
            { type: 'tool-input-delta', id: toolCallId, delta: said.slice(0, 2) },
            { type: 'tool-input-delta', id: toolCallId, delta: said.slice(2) },
            { type: 'tool-input-end', id: toolCallId },
          ]
        : []),
      { type: 'tool-call', ...called, ...metadataOf },
      ...ending[ends],
    ]
  })
const single = fc.oneof(whole, data, metadata).map((part): Thread => () => [part])

/** A step as a model makes it: what it yields is interleaved, and each call is whole in its step. */
const step = fc
  .tuple(
    fc.array(fc.oneof(block, call, single), { maxLength: 4 }),
    fc.array(fc.nat(3), { minLength: 30, maxLength: 30 }),
  )
  .map(([threads, turns]) => {
    // Models give the calls of each step the same ids.
    const rests = threads.map((thread, index) => thread(String(index)))
    const parts: object[] = [{ type: 'start-step' }]
    for (const turn of turns) {
      const next = rests[turn]?.shift()
      if (next) parts.push(next)
    }
    return [...parts, ...rests.flat()]
  })
export const modelAnswer: fc.Arbitrary<Answer> = fc.record({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the threads make
  parts: fc.array(step, { maxLength: 3 }).map((steps) => steps.flat() as AgentPart[]),
  reason,
})
