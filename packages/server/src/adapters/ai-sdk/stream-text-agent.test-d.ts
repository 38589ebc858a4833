import { hasToolCall, type LanguageModel, tool } from 'ai'
import * as z from 'zod'

import type { Agent } from '../../host/agent.ts'
import { streamTextAgent } from './stream-text-agent.ts'

declare const model: LanguageModel
const tools = {
  look: tool({ inputSchema: z.object({ at: z.string() }), execute: async ({ at }) => at.length }),
  ask: tool({ inputSchema: z.object({ why: z.string() }), outputSchema: z.object({}) }),
}

/** The callbacks of `streamText` know the tools. */
export const agent: Agent = streamTextAgent({
  model,
  tools,
  stopWhen: hasToolCall('look'),
  toolApproval: { look: 'user-approval' },
  activeTools: ['look'],
  prepareStep: ({ steps }) => {
    for (const { staticToolCalls } of steps) {
      for (const call of staticToolCalls) {
        if (call.toolName === 'look') call.input.at.trim()
      }
    }
    return { activeTools: ['ask'] }
  },
})

export const perRun: Agent = streamTextAgent(async ({ model: asked, principal }) => ({
  model: asked ?? model,
  tools,
  instructions: `You speak with ${principal?.id}.`,
}))

export const unknownTool = streamTextAgent({
  model,
  tools,
  // @ts-expect-error -- no such tool
  toolApproval: { lok: 'user-approval' },
})

// @ts-expect-error -- the run's own
export const prompted = streamTextAgent({ model, prompt: 'Hi' })

// @ts-expect-error -- the run's own
export const aborted = streamTextAgent({ model, abortSignal: AbortSignal.timeout(1) })

// @ts-expect-error -- needs a model
export const without = streamTextAgent({ tools })
