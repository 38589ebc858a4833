import * as z from 'zod'

import { dataPart } from './part.ts'

// The names are those of the AI SDK's text stream parts (ai 7), so that
// `streamText(…).fullStream` can be returned by an agent as it is.

/** What a provider says of itself never fails a run: a value that is not one is not known. */
const known = <T extends z.ZodType>(type: T) => type.optional().catch(undefined)
const tokens = known(z.number().int().nonnegative())

/** Usage as the AI SDK reports it. */
export const agentUsage = z.object({
  inputTokens: tokens,
  outputTokens: tokens,
  totalTokens: tokens,
  inputTokenDetails: known(z.object({ cacheReadTokens: tokens, cacheWriteTokens: tokens })),
  outputTokenDetails: known(z.object({ reasoningTokens: tokens })),
  reasoningTokens: tokens,
  cachedInputTokens: tokens,
})

const tool = {
  toolCallId: z.string(),
  toolName: z.string(),
  title: z.string().optional(),
  providerExecuted: z.boolean().optional(),
}

const streamPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text-start'), id: z.string().optional() }),
  z.object({ type: z.literal('text-delta'), id: z.string().optional(), text: z.string() }),
  z.object({ type: z.literal('text-end'), id: z.string().optional() }),
  z.object({ type: z.literal('reasoning-start'), id: z.string().optional() }),
  z.object({ type: z.literal('reasoning-delta'), id: z.string().optional(), text: z.string() }),
  z.object({ type: z.literal('reasoning-end'), id: z.string().optional() }),
  z.object({
    type: z.literal('tool-input-start'),
    id: z.string(),
    toolName: z.string(),
    title: z.string().optional(),
    providerExecuted: z.boolean().optional(),
  }),
  z.object({ type: z.literal('tool-input-delta'), id: z.string(), delta: z.string() }),
  z.object({ type: z.literal('tool-input-end'), id: z.string() }),
  z.object({ type: z.literal('tool-call'), ...tool, input: z.unknown() }),
  z.object({
    type: z.literal('tool-result'),
    ...tool,
    input: z.unknown(),
    output: z.unknown(),
    preliminary: z.boolean().optional(),
  }),
  z.object({ type: z.literal('tool-error'), ...tool, input: z.unknown(), error: z.unknown() }),
  z.discriminatedUnion('sourceType', [
    z.object({
      type: z.literal('source'),
      sourceType: z.literal('url'),
      id: z.string(),
      url: z.string(),
      title: z.string().optional(),
    }),
    z.object({
      type: z.literal('source'),
      sourceType: z.literal('document'),
      id: z.string(),
      mediaType: z.string(),
      title: z.string(),
      filename: z.string().optional(),
    }),
  ]),
  z.object({
    type: z.literal('file'),
    file: z.object({ mediaType: z.string(), base64: z.string() }),
  }),
  z.object({ type: z.literal('start') }),
  z.object({ type: z.literal('start-step') }),
  z.object({
    type: z.literal('finish-step'),
    finishReason: known(z.string()),
    usage: known(agentUsage),
  }),
  z.object({
    type: z.literal('finish'),
    finishReason: known(z.string()),
    totalUsage: known(agentUsage),
    usage: known(agentUsage),
    /** Size of the model's context window in tokens, for the context meter. */
    contextLimit: known(z.number().int().positive()),
  }),
  z.object({ type: z.literal('abort') }),
  z.object({ type: z.literal('error'), error: z.unknown() }),
])

/** What an agent may yield and the store keeps; a `data-*` part is stored as it is. */
export const agentPart = z.union([streamPart, dataPart])
export type AgentPart = z.infer<typeof agentPart>

/** Types of the AI SDK's stream that say nothing to keep: ignored, and counted in `server.stats`. */
export type IgnoredAgentPart = {
  type:
    | 'raw'
    | 'ping'
    | 'custom'
    | 'reasoning-file'
    | 'steering-message'
    | 'tool-output-denied'
    | 'tool-approval-request'
    | 'tool-approval-response'
}

export type AgentUsage = z.infer<typeof agentUsage>
