import fc from 'fast-check'
import { expect, test } from 'vitest'

import { part as partSchema } from '@caughtup/schema'

import { formatNames } from '../src/formats/formats.ts'
import { readMessages } from '../src/reading/read-transcript.ts'

/** Names and values that readers look for, put together at random. */
const names = `
  role content type id parts text tool_calls function name arguments input output message
  uuid parentUuid mapping current_node author chat_messages sender from value conversations
  chat history messages currentId messageId isCreatedByUser children data lc kwargs
  toolInvocations state toolCallId toolName args result call_id summary thinking signature
  tool_use_id source metadata usage created_at timestamp __proto__
`
  .trim()
  .split(/\s+/)
const words = `
  user assistant tool system text tool_use tool_result thinking function_call a -
  function_call_output message reasoning human ai gpt observation tool-call tool-result
  image file web_search_call tool-invocation output-available summary multimodal_text
  thoughts
`
  .trim()
  .split(/\s+/)
const odd = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom(...words),
    fc.constantFrom(null, true, 0, -1, 1.5, 1e300),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 6 }),
  ),
})).value

test.each([undefined, ...formatNames])(
  'any value read as %s gives rows of valid parts or is refused',
  (format) => {
    fc.assert(
      fc.property(fc.array(odd, { minLength: 1, maxLength: 4 }), (json) => {
        const values: unknown[] = JSON.parse(JSON.stringify(json))
        const items = readMessages(values, format === undefined ? {} : { format })
        for (const item of items) {
          if (item.type !== 'conversation') continue
          for (const part of item.rows.flatMap(({ parts }) => parts)) {
            expect(partSchema.parse(part)).toEqual(part)
          }
        }
      }),
      { numRuns: 400 },
    )
  },
)
