import { type Message, part } from '@caughtup/schema'
import fc from 'fast-check'

const text = fc.string({ unit: fc.constantFrom('a', 'é', '🙂', '\n', '"', '{') })
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/)
/** JSON values as a database returns them, and some strings that look like JSON. */
const json = fc.oneof(
  fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
  fc.constantFrom<unknown>(
    '1',
    '1.0',
    '"a"',
    '{}',
    '[ ]',
    'null',
    '{"n":12345678901234567890}',
    '',
  ),
)
const base64 = fc.constantFrom('', 'AA==', 'AAAA')
const tool = { type: fc.constant('dynamic-tool'), toolName: id, toolCallId: fc.uuid(), input: json }

/** Parts that both formats can say. */
const textPart = fc.record({ type: fc.constant('text'), text })
const answeredTool = fc.oneof(
  fc.record({ ...tool, state: fc.constant('output-available'), output: json }),
  fc.record({ ...tool, state: fc.constant('output-error'), errorText: text }),
)
const filePart = fc
  .tuple(fc.constantFrom('image/png', 'audio/wav', 'audio/mpeg'), base64)
  .map(([mediaType, data]) => ({
    type: 'file',
    mediaType,
    url: `data:${mediaType};base64,${data}`,
  }))
const documentPart = fc.record({ type: fc.constant('file'), filename: text }).map((part) => ({
  ...part,
  mediaType: 'application/pdf',
  url: 'data:application/pdf;base64,AA==',
}))

const anyPart = fc.oneof(
  textPart,
  answeredTool,
  filePart,
  fc.record(
    {
      type: fc.constantFrom('text', 'reasoning'),
      text,
      state: fc.constantFrom('streaming', 'done'),
      providerMetadata: fc.dictionary(id, fc.dictionary(id, json), { noNullPrototype: true }),
    },
    { requiredKeys: ['type', 'text'] },
  ),
  fc.record({ ...tool, state: fc.constant('input-available') }),
  fc.record({
    type: fc.constant('dynamic-tool'),
    toolName: id,
    toolCallId: fc.uuid(),
    state: fc.constant('input-streaming'),
    rawInput: text,
  }),
  fc.record({ type: fc.constant('source-url'), sourceId: id, url: fc.webUrl() }),
  fc.record({ type: fc.constant('step-start') }),
  fc.record({ type: fc.constant('data-note'), id, data: json }),
)

/** One step of an answer, in the order in which OpenAI's format has its parts. */
const step = fc
  .record({
    reasoning: fc.array(fc.record({ type: fc.constant('reasoning'), text: id }), { maxLength: 1 }),
    texts: fc.array(textPart, { maxLength: 3 }),
    tools: fc.array(answeredTool, { maxLength: 3 }),
  })
  .map(({ reasoning, texts, tools }) => [...reasoning, ...texts, ...tools])
  .filter((parts) => parts.length > 0)
const answer = fc
  .array(step, { maxLength: 3 })
  .map((steps) => steps.flatMap((parts, index) => (index === 0 ? parts : [stepStart, ...parts])))
const stepStart = { type: 'step-start' }

function messages(parts: Record<'user' | 'assistant', fc.Arbitrary<unknown[]>>) {
  const message = fc.constantFrom('user' as const, 'assistant' as const).chain((role) =>
    fc.record({
      id: fc.uuid(),
      role: fc.constant(role),
      parts: parts[role],
      createdAt: fc.integer({ min: 0, max: 4e12 }),
    }),
  )
  return fc.array(message, { maxLength: 5 }).map((drafts) =>
    drafts.map(({ createdAt, ...draft }, index): Message => ({
      ...draft,
      parts: draft.parts.map((value) => part.parse(value)),
      order: index + 1,
      metadata: { createdAt },
      revision: index + 1,
      epoch: 0,
      status: 'done',
    })),
  )
}

/** Messages with anything that a session can hold. */
export const anyMessages = messages({ user: fc.array(anyPart), assistant: fc.array(anyPart) })

/** Messages that OpenAI's format has words for. */
export const plainMessages = messages({
  user: fc.array(fc.oneof(textPart, filePart, documentPart)),
  assistant: answer,
})
