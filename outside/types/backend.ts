import { type Agent, createChatServer } from '@caughtup/server'
import type { Store } from '@caughtup/store'
import { convertToModelMessages, stepCountIs, type LanguageModel, streamText, tool } from 'ai'

import { chatSchemas } from './chat-schemas.ts'

const { weather, askPlace } = chatSchemas.tools

/** A server whose agent asks a model for the weather. */
export function createWeatherChat(store: Store, model: LanguageModel, warned: string[]) {
  const tools = {
    weather: tool({ ...weather, execute: async ({ city }) => ({ degrees: city.length }) }),
    // Without `execute`: a client answers it.
    askPlace: tool(askPlace),
  }
  const agent: Agent = async function* ({ messages, signal }) {
    yield { type: 'data-progress', data: { percent: 10 } }
    yield { type: 'message-metadata', messageMetadata: { mood: 'helpful' } }
    yield* streamText({
      model,
      tools,
      stopWhen: stepCountIs(5),
      messages: await convertToModelMessages(messages),
      abortSignal: signal,
    }).stream
  }
  return createChatServer({
    store,
    agent,
    schemas: chatSchemas,
    principal: ({ headers }) => ({ id: headers.get('x-user') ?? 'me', tenant: 'acme' }),
    can: ({ tenant }, _, session) => tenant === 'acme' && session?.metadata?.project !== 'secret',
    hooks: {
      runWaiting({ waiting }) {
        for (const call of waiting) {
          if (call.toolName === 'askPlace') warned.push(call.input.why)
        }
      },
    },
  })
}
