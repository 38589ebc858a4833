import { setTimeout } from 'node:timers/promises'

import type { Agent } from '@caughtup/server'

/**
 * Answers a prompt. This one needs no model and no key: it counts, so that you can reload the page or
 * restart the server in the middle, and see that no number is missing and none is there twice.
 *
 * PUT YOUR MODEL HERE. With the AI SDK (`npm install ai @ai-sdk/openai`) this is the whole file:
 *
 *   import { openai } from '@ai-sdk/openai'
 *   import { streamTextAgent } from '@caughtup/server/ai-sdk'
 *
 *   export const agent = streamTextAgent({
 *     model: openai('gpt-5.2'),
 *     instructions: 'You are a helpful assistant.',
 *   })
 *
 * Or yield the parts of any other stream: `{ type: 'text-delta', text }` alone is an answer. The run goes on
 * when the page is closed; `signal` is aborted when somebody presses Stop.
 */
export const agent: Agent = async function* ({ prompt, signal }) {
  const asked = prompt.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  yield { type: 'text-delta', text: `You wrote “${asked}”. No model answers yet, so I count:` }
  for (let count = 1; count <= 50; count++) {
    await setTimeout(120, undefined, { signal })
    yield { type: 'text-delta', text: ` ${count}` }
  }
}
